-- retire_prices: deletes prices of nights that are long over.
-- $1 int8 seconds that they are kept after their night began; $2 int8 most rows.
-- See retire_night_users.
with gone as (
  delete from portfolio.prices p
  where p.ctid = any(array(
    select o.place from portfolio.overnight_job_runs n
    cross join lateral (
      select o.ctid as place, o.symbol from portfolio.prices o
      where o.run_id = n.id order by o.symbol limit $2
    ) o
    where n.started_at < (select clock_timestamp() - $1 * interval '1 s')
    order by n.started_at, n.id, o.symbol limit $2))
  returning p.symbol
)
select count(*) as retired from gone
