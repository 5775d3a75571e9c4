-- beat: a duty of the tick was done.
-- $1 text duty; $2 int8 longest time from one tick to the next, in seconds; $3 uuid the
-- instance that did it; $4 int4 newest schema version of its build.
insert into jobs.heartbeat as h (duty, beat_at, interval_secs, instance_id, schema_max)
values ($1, clock_timestamp(), $2, $3, $4)
on conflict (duty) do update set
  beat_at = greatest(h.beat_at, excluded.beat_at), interval_secs = excluded.interval_secs,
  instance_id = excluded.instance_id, schema_max = excluded.schema_max
