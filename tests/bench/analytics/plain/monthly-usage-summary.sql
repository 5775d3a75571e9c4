-- $1, $2 the month; nothing of the month before came late here. Contacts are parted first:
-- count(distinct) sorts, and takes six times as long.
insert into analytics.event_aggregates (
  organization_id, date, event_type, channel, event_count, unique_contacts)
select organization_id, ($1 at time zone 'UTC')::date, 'monthly:' || event_type,
       'monthly_summary', sum(events), count(*)
from (
  select organization_id, event_type, contact_id, count(*) as events
  from analytics.contact_activity
  where occurred_at >= $1 and occurred_at < $2
  group by organization_id, event_type, contact_id
) parted
group by organization_id, event_type
