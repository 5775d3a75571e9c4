-- recount_run: counts a run's jobs anew and ends it, if all of them are final.
-- $1 uuid run. Returns its status.
-- Its row was locked by the statement before: this one's snapshot is younger
-- than the lock, so that it has every job that was counted before. A job that
-- retention took was final, and no open dead letter. A run that stays open
-- without progress gives up its lock: the schedule goes on without it.
with counted as (
  select count(*)::int4 as rows,
         (count(*) filter (where j.state = 'completed'))::int4 as done,
         (count(*) filter (where j.state = 'dead_lettered'))::int4 as dead,
         (count(*) filter (where j.state = 'cancelled'))::int4 as cancelled
  from jobs.job j where j.run_id = $1
), counts as (
  select greatest(r.jobs_total, c.rows) as total,
         c.done + greatest(r.jobs_total - c.rows, 0) as done, c.dead, c.cancelled
  from counted c, jobs.run r where r.id = $1
), judged as (
  select c.*, jobs.run_status(c.total, c.done, c.dead, c.cancelled) as status from counts c
)
update jobs.run r set
  jobs_total = c.total, jobs_done = c.done, jobs_dead = c.dead, jobs_cancelled = c.cancelled,
  status = c.status,
  exclusive = r.exclusive and c.status <> 'running',
  stalled_at = case when c.status = 'running' then clock_timestamp() end,
  finished_at = case when c.status <> 'running' then clock_timestamp() end
from judged c where r.id = $1
returning r.status
