-- wake_waiting: of jobs that wait for chunks of their nights, those are due whose chunks are all
-- done. $1 uuid[] jobs; $2 text why they wait.
-- Behind the nights' locks: whoever did the last chunk has committed, or finds the job waiting.
update jobs.job j set available_at = c.now, wake_at = c.now
from (select clock_timestamp() as now) c, portfolio.overnight_job_runs n
where j.id = any($1) and j.state = 'queued' and j.snooze_reason = $2
  and n.id = j.run_id and n.chunks_done = n.chunks_total
