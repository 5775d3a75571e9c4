-- mark_cancelled: remembers that a run is being cancelled: what its planner
-- enqueues from now on is cancelled at once. $1 uuid run.
-- Before its jobs are cancelled, and committed by then. An effect that counted
-- the run before is waited for, so that the cancel finds what it enqueued.
update jobs.run set cancelled_at = coalesce(cancelled_at, clock_timestamp())
where id = $1 and status = 'running'
