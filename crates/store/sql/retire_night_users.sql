-- retire_night_users: deletes what became of users in nights that are long over, with the
-- events; but those of a user's newest scores, which can always be made anew.
-- $1 int8 seconds that it is kept after the night began; $2 int8 most rows, of which a user has
-- five at most.
-- Limits within keep it a look-up of each night and user, where joins would read all of both
-- tables. Nobody changes these rows any more: their places in the tables hold.
with old as materialized (
  select o.place, o.run_id, o.organization_id, o.user_id
  from portfolio.overnight_job_runs n
  cross join lateral (
    select o.ctid as place, o.run_id, o.organization_id, o.user_id
    from portfolio.overnight_users o
    where o.run_id = n.id and not exists (
      select from portfolio.users u
      where u.organization_id = o.organization_id and u.user_id = o.user_id
        and u.scored_run = o.run_id)
    order by o.organization_id, o.user_id limit greatest(1, $2 / 5)
  ) o
  where n.started_at < (select clock_timestamp() - $1 * interval '1 s')
  order by n.started_at, o.run_id, o.organization_id, o.user_id
  limit greatest(1, $2 / 5)
), told as (
  delete from portfolio.calculation_events e
  where e.ctid = any(array(
    select t.place from old
    cross join lateral (
      select t.ctid as place from portfolio.calculation_events t
      where t.run_id = old.run_id and t.organization_id = old.organization_id
        and t.user_id = old.user_id limit 4
    ) t))
), gone as (
  delete from portfolio.overnight_users o where o.ctid = any(array(select old.place from old))
  returning o.chunk
)
select count(*) as retired from gone
