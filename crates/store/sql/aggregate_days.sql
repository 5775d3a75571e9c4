-- aggregate_days: counts activity by type and channel, of each organization's touched days.
-- $1 text job; $2 uuid batch, by which the days are marked; $3, $4 timestamptz activity that was
-- received from then and before then; $5, $6 timestamptz and happened from then and before then;
-- $7, $8 text of organizations after the one and up to the other, or null.
-- Each organization's day is read by the primary key, whatever else is there. What is the same
-- as before is not written again.
with touched as materialized (
  select distinct a.organization_id, (a.occurred_at at time zone 'UTC')::date as day
  from analytics.contact_activity a
  where a.received_at >= $3 and a.received_at < $4 and a.occurred_at >= $5 and a.occurred_at < $6
    and ($7::text is null or a.organization_id > $7)
    and ($8::text is null or a.organization_id <= $8)
)
insert into analytics.event_aggregates as e (
  organization_id, date, event_type, channel, event_count, unique_contacts)
select t.organization_id, t.day, c.event_type, c.channel, c.events, c.contacts
from touched t
join analytics.rollup_days r on r.job = $1 and r.day = t.day and r.batch = $2
cross join lateral (
  select b.event_type, b.channel, sum(b.events)::int8 as events, count(*) as contacts
  from (
    select a.event_type, a.channel, a.contact_id, count(*) as events
    from analytics.contact_activity a
    where a.organization_id = t.organization_id
      and a.occurred_at >= t.day::timestamp at time zone 'UTC'
      and a.occurred_at < (t.day + 1)::timestamp at time zone 'UTC'
    group by a.event_type, a.channel, a.contact_id
  ) b
  group by b.event_type, b.channel
) c
order by t.organization_id, t.day, c.event_type collate "C", c.channel collate "C"
on conflict (organization_id, date, event_type, channel) do update set
  event_count = excluded.event_count, unique_contacts = excluded.unique_contacts,
  updated_at = clock_timestamp()
where (e.event_count, e.unique_contacts)
  is distinct from (excluded.event_count, excluded.unique_contacts)
