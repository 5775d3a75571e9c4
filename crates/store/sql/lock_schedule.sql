-- lock_schedule: locks a schedule that is judged up to where it was read, by the
-- expression that was read; raises JB004 where somebody judged it since.
-- $1 text key; $2 timestamptz judged until; $3 text cron.
select jobs.refuse(count(*) = 0, 'JB004', 'the schedule was judged meanwhile')::text
from (
  select from jobs.schedule s where s.job_key = $1 and s.judged_until = $2 and s.cron = $3
  for update
) locked
