-- read_schedules: how far these schedules were judged, and the time; one row of
-- nulls where none is known. $1 text[] keys; $2 text what keys begin with that are read as
-- well, null for none.
select clock_timestamp() as now, s.job_key, s.cron, s.judged_until, s.ordinal_next, s.paused, s.note
from (values (1)) as one
left join jobs.schedule s on s.job_key = any($1) or starts_with(s.job_key, $2)
order by s.job_key collate "C"
