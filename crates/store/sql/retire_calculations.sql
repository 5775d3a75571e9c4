-- retire_calculations: deletes events of calculations that are long over, but those of a
-- user's newest scores, which can always be made anew.
-- $1 int8 seconds that they are kept after their night began; $2 int8 most rows.
with gone as (
  delete from portfolio.calculation_events e
  where e.ctid = any(array(
    select o.ctid from portfolio.overnight_job_runs n
    join portfolio.calculation_events o on o.run_id = n.id
    where n.started_at < (select clock_timestamp() - $1 * interval '1 s')
      and not exists (
        select from portfolio.users u
        where u.organization_id = o.organization_id and u.user_id = o.user_id
          and u.scored_run = o.run_id)
    limit $2))
  returning e.seq
)
select count(*) as retired from gone
