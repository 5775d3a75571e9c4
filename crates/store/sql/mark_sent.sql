-- mark_sent: messages of these jobs were sent; the next one is due in 15
-- minutes, doubling each time up to 6 hours. $1 uuid[] ids.
-- Guarded by state: a job claimed since then has its lease's wake_at to keep.
update jobs.job set
  wake_at = clock_timestamp() + least(interval '6 h', interval '15 min' * power(2, least(resends, 5))),
  resends = least(resends + 1, 32000)
where id = any($1) and state in ('queued', 'failed')
