-- retire_nights: deletes nights that are long over and of which nothing else is left, with
-- their checkpoints and rates.
-- $1 int8 seconds that they are kept after they began; $2 int8 most rows.
with old as (
  select n.id from portfolio.overnight_job_runs n
  where n.started_at < (select clock_timestamp() - $1 * interval '1 s')
    and not exists (select from portfolio.overnight_users o where o.run_id = n.id offset 0)
    and not exists (select from portfolio.prices p where p.run_id = n.id offset 0)
  order by n.started_at limit $2 for update of n skip locked
), gone as (
  delete from portfolio.overnight_job_runs n using old where n.id = old.id returning n.id
)
select count(*) as retired from gone
