-- write_schedule: how far a schedule is judged; never moves back. Its row is locked.
-- $1 text key; $2 text cron; $3 timestamptz judged until; $4 int8 next ordinal or null.
update jobs.schedule s set
  cron = $2, judged_until = greatest(s.judged_until, $3), ordinal_next = $4
where s.job_key = $1
