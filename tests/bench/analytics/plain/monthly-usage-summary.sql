-- $1 to $4 are of what came late, and nothing is late here for a month; $5, $6 the month.
insert into analytics.event_aggregates (
  organization_id, date, event_type, channel, event_count, unique_contacts)
select organization_id, ($5::timestamptz at time zone 'UTC')::date, 'monthly:' || event_type,
       'monthly_summary', count(*), count(distinct contact_id)
from analytics.contact_activity
where occurred_at >= $5 and occurred_at < $6
  and ($1::timestamptz, $2::timestamptz, $3::timestamptz, $4::timestamptz) is not null
group by organization_id, event_type
