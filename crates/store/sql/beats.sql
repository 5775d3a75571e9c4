-- beats: when each duty of the tick was last done.
select duty, beat_at from jobs.heartbeat order by duty
