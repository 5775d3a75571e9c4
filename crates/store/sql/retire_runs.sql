-- retire_runs: deletes final runs of which no job is left.
-- $1 int8 seconds that they are kept after they became final; $2 int8 most rows.
-- The offset keeps it a look-up of each run, where a join would read all jobs.
with old as (
  select r.id from jobs.run r
  where r.finished_at < (select clock_timestamp() - $1 * interval '1 s')
    and not exists (select from jobs.job j where j.run_id = r.id offset 0)
  order by r.finished_at limit $2 for update of r skip locked
), gone as (
  delete from jobs.run r using old where r.id = old.id returning r.id
)
select count(*) as retired from gone
