-- beats: when each duty of the tick was last done, and how long until the next, in seconds.
select duty, beat_at, interval_secs::int8 as interval_secs from jobs.heartbeat order by duty
