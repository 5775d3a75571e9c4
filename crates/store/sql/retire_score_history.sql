-- retire_score_history: deletes scores of nights that are long over.
-- $1 int8 seconds that they are kept after their night began; $2 int8 most rows.
with gone as (
  delete from portfolio.score_history h
  where h.ctid = any(array(
    select o.ctid from portfolio.score_history o
    where o.night_at < (select clock_timestamp() - $1 * interval '1 s')
    order by o.night_at limit $2))
  returning h.run_id
)
select count(*) as retired from gone
