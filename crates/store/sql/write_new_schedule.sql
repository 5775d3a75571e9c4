-- write_new_schedule: a schedule that was judged for the first time; raises
-- JB004 where it is not the first.
-- $1 text key; $2 text cron; $3 timestamptz judged until; $4 int8 next ordinal or null.
with written as (
  insert into jobs.schedule (job_key, cron, judged_until, ordinal_next) values ($1, $2, $3, $4)
  on conflict (job_key) do nothing
  returning 1
)
select jobs.refuse(count(*) = 0, 'JB004', 'the schedule was judged meanwhile')::text from written
