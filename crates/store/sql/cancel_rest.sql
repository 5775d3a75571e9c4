-- cancel_rest: cancels what a planner enqueued for a run, or somebody queued
-- again, between the cancel of its jobs and its mark; returns how many. $1 uuid run.
-- The run is locked by now, so that no more comes, and a job's lock is not waited
-- for: its holder may wait for the run. Raises a serialization failure where
-- one is locked, or a dead one, which may be about to be queued: the transaction
-- is repeated.
with rest as (
  select j.id from jobs.job j
  where j.run_id = $1 and j.state in ('queued', 'failed', 'dead_lettered')
), waiting as (
  select j.id, j.state from jobs.job j
  where j.run_id = $1 and j.state in ('queued', 'failed', 'dead_lettered')
  order by j.id for update skip locked
), gone as (
  update jobs.job j set
    state = 'cancelled', finished_at = clock_timestamp(), coalesce_key = null,
    released_key = coalesce(j.idempotency_key, j.released_key), idempotency_key = null
  from waiting w where j.id = w.id and w.state <> 'dead_lettered'
  returning j.run_id
)
select count(*) as cancelled, jobs.count_runs(cancelled => array_agg(g.run_id)) as runs,
       jobs.refuse((select count(*) from rest) > (select count(*) from waiting), '40001',
                   'a job of the run is being moved')::text
from gone g
