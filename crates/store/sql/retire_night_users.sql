-- retire_night_users: deletes what became of users in nights that are long over.
-- $1 int8 seconds that it is kept after the night began; $2 int8 most rows.
with gone as (
  delete from portfolio.overnight_users u
  where u.ctid = any(array(
    select o.ctid from portfolio.overnight_job_runs n
    join portfolio.overnight_users o on o.run_id = n.id
    where n.started_at < (select clock_timestamp() - $1 * interval '1 s')
    limit $2))
  returning u.chunk
)
select count(*) as retired from gone
