-- beat: a duty of the tick was done. $1 text duty.
insert into jobs.heartbeat as h (duty, beat_at) values ($1, clock_timestamp())
on conflict (duty) do update set beat_at = greatest(h.beat_at, excluded.beat_at)
