-- retire_alerts: deletes alerts that were closed long ago.
-- $1 timestamptz closed before this; $2 int8 most rows.
-- Ids tell when alerts were opened, which is before they were closed.
with gone as (
  delete from scoring.signal_alerts a
  where a.ctid = any(array(
    select o.ctid from scoring.signal_alerts o
    where o.status <> 'open' and o.id < (select uuidv7($1 - clock_timestamp()))
      and coalesce(o.acknowledged_at, o.expired_at) < $1
    order by o.id limit $2 for update skip locked))
  returning a.id
)
select count(*) as retired from gone
