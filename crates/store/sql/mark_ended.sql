-- mark_ended: remembers that a run is being cancelled, behind the cancel of its jobs.
-- $1 uuid run; $2 boolean whether that cancel ended some, so that it may be over by it.
-- Returns the run, unless it was over before.
update jobs.run r set cancelled_at = coalesce(r.cancelled_at, clock_timestamp())
where r.id = $1 and (r.status = 'running' or $2)
returning r.id
