-- end_probe: takes a probe's beat away, if it is still this instance's.
-- $1 text duty; $2 uuid instance.
delete from jobs.heartbeat where duty = $1 and instance_id = $2
