-- retire_activity: deletes what contacts did long ago.
-- $1 timestamptz received before this; $2 int8 most rows. See retire_seen.
with gone as (
  delete from analytics.contact_activity a
  where a.ctid = any(array(
    select o.ctid from analytics.contact_activity o where o.received_at < $1
    limit $2 for update skip locked))
  returning a.event_id
)
select count(*) as retired from gone
