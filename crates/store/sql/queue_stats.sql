-- queue_stats: counts by queue.
select queue, pending, processing, failed, dead_letters, oldest_secs from jobs.queue_stats()
