-- retire_occurrences: deletes occurrences that were judged long ago.
-- $1 int8 seconds that they are kept after their nominal time; $2 int8 most rows.
-- Only behind judged_until: what is not judged yet must be seen as it is.
with old as (
  select o.job_key, o.nominal_at
  from jobs.schedule s cross join lateral (
    select p.job_key, p.nominal_at from jobs.occurrence p
    where p.job_key = s.job_key and p.nominal_at < s.judged_until
      and p.nominal_at < (select clock_timestamp() - $1 * interval '1 s')
    order by p.nominal_at limit $2
  ) o
  limit $2
), gone as (
  delete from jobs.occurrence o using old
  where o.job_key = old.job_key and o.nominal_at = old.nominal_at
  returning 1
)
select count(*) as retired from gone
