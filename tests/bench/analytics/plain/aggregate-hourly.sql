-- $1, $2 received from then and before then; $3, $4 happened from then and before then.
with touched as (
  select distinct organization_id, (occurred_at at time zone 'UTC')::date as day
  from analytics.contact_activity
  where received_at >= $1 and received_at < $2 and occurred_at >= $3 and occurred_at < $4
)
insert into analytics.event_aggregates (
  organization_id, date, event_type, channel, event_count, unique_contacts)
select a.organization_id, t.day, a.event_type, a.channel, count(*), count(distinct a.contact_id)
from touched t
join analytics.contact_activity a on a.organization_id = t.organization_id
  and a.occurred_at >= t.day::timestamp at time zone 'UTC'
  and a.occurred_at < (t.day + 1)::timestamp at time zone 'UTC'
group by a.organization_id, t.day, a.event_type, a.channel
