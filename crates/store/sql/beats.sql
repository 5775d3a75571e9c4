-- beats: when each duty of the tick was last done, how long until the next, in seconds, and
-- who did it; nulls where the build before did.
select duty, beat_at, interval_secs::int8 as interval_secs, instance_id, schema_max
from jobs.heartbeat order by duty
