-- lock_schedule: locks a schedule that is judged up to where it was read; raises
-- JB004 where somebody judged it since. $1 text key; $2 timestamptz judged until.
select jobs.refuse(count(*) = 0, 'JB004', 'the schedule was judged meanwhile')::text
from (
  select from jobs.schedule s where s.job_key = $1 and s.judged_until = $2 for update
) locked
