-- retire_deliveries: deletes what is known of deliveries that are long over.
-- $1 int8 seconds that they are kept; $2 int8 most rows.
-- A job's receipt is kept for as long after it became final, which is later.
with old as (
  select d.token from jobs.delivery d
  where d.delivered_at < (select clock_timestamp() - $1 * interval '1 s')
  order by d.delivered_at limit $2 for update skip locked
), gone as (
  delete from jobs.delivery d using old where d.token = old.token returning d.token
)
select count(*) as retired from gone
