-- cancel_run: cancels those of a run's jobs that are queued or failed; returns
-- how many. $1 uuid run.
-- Jobs by id, then the run, as a job that becomes final does: the run first
-- would deadlock. A job that is being locked is waited for, and looked at again:
-- a dead one as well, which somebody may be about to replay.
with waiting as (
  select j.id, j.state from jobs.job j
  where j.run_id = $1 and j.state in ('queued', 'failed', 'dead_lettered')
  order by j.id for update
), gone as (
  update jobs.job j set
    state = 'cancelled', finished_at = clock_timestamp(), coalesce_key = null,
    released_key = coalesce(j.idempotency_key, j.released_key), idempotency_key = null
  from waiting w where j.id = w.id and w.state <> 'dead_lettered'
  returning j.run_id
)
select count(*) as cancelled, jobs.count_runs(cancelled => array_agg(g.run_id)) as runs
from gone g
