-- mark_cancelled: remembers that a run was cancelled, after its jobs were: what
-- its planner enqueues from now on is cancelled at once. $1 uuid run.
update jobs.run set cancelled_at = coalesce(cancelled_at, clock_timestamp())
where id = $1 and status = 'running'
