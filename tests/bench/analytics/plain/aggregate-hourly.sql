-- $1, $2 received from then and before then; $3, $4 happened from then and before then. Contacts
-- are parted first: count(distinct) sorts.
with touched as (
  select distinct organization_id, (occurred_at at time zone 'UTC')::date as day
  from analytics.contact_activity
  where received_at >= $1 and received_at < $2 and occurred_at >= $3 and occurred_at < $4
), parted as (
  select a.organization_id, t.day, a.event_type, a.channel, a.contact_id, count(*) as events
  from touched t
  join analytics.contact_activity a on a.organization_id = t.organization_id
    and a.occurred_at >= t.day::timestamp at time zone 'UTC'
    and a.occurred_at < (t.day + 1)::timestamp at time zone 'UTC'
  group by a.organization_id, t.day, a.event_type, a.channel, a.contact_id
)
insert into analytics.event_aggregates (
  organization_id, date, event_type, channel, event_count, unique_contacts)
select organization_id, day, event_type, channel, sum(events), count(*)
from parted
group by organization_id, day, event_type, channel
