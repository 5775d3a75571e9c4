-- beat: a duty of the tick was done.
-- $1 text duty; $2 int8 longest time from one tick to the next, in seconds.
insert into jobs.heartbeat as h (duty, beat_at, interval_secs) values ($1, clock_timestamp(), $2)
on conflict (duty) do update set
  beat_at = greatest(h.beat_at, excluded.beat_at), interval_secs = excluded.interval_secs
