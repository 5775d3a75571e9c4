-- retire_prices: deletes prices of nights that are long over.
-- $1 int8 seconds that they are kept after their night began; $2 int8 most rows.
with gone as (
  delete from portfolio.prices p
  where p.ctid = any(array(
    select o.ctid from portfolio.overnight_job_runs n
    join portfolio.prices o on o.run_id = n.id
    where n.started_at < (select clock_timestamp() - $1 * interval '1 s')
    limit $2))
  returning p.symbol
)
select count(*) as retired from gone
