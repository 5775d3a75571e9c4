-- end_replay: ends a replay of many that goes on; one that is being gone on with
-- is waited for. $1 uuid id. Returns its status before.
update jobs.replay r set status = 'cancelled', finished_at = clock_timestamp()
where r.id = $1 and r.finished_at is null
returning old.status, r.replayed
