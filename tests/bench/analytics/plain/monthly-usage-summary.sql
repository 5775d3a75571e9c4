-- $1, $2 the month; nothing of the month before came late here.
insert into analytics.event_aggregates (
  organization_id, date, event_type, channel, event_count, unique_contacts)
select organization_id, ($1 at time zone 'UTC')::date, 'monthly:' || event_type,
       'monthly_summary', count(*), count(distinct contact_id)
from analytics.contact_activity
where occurred_at >= $1 and occurred_at < $2
group by organization_id, event_type
