-- wake_night: has a night end at once, if it waits and all of its chunks are done.
-- $1 uuid run; $2 text type of the job that ends it.
-- Jobs come before nights where both are locked: one that somebody holds looks again itself.
update jobs.job j set available_at = c.now, wake_at = c.now
from (select clock_timestamp() as now) c
where j.id = any(array(
  select w.id from portfolio.overnight_job_runs n
  join jobs.job w on w.run_id = n.id and w.type = $2 and w.state = 'queued'
  where n.id = $1 and n.chunks_done = n.chunks_total
  for update of w skip locked))
