-- summarize_months: counts activity by type, of a whole month and of each organization's touched
-- months before it.
-- $1 text job; $2 uuid batch, by which the months are marked; $3, $4 timestamptz activity that
-- was received from then and before then; $5, $6 timestamptz and happened from then and before
-- then; $7, $8 timestamptz the whole month, which begins where what happened before ends;
-- $9, $10 text of organizations after the one and up to the other, or null.
-- What came late is looked for where a day before was marked alone.
with touched as materialized (
  select distinct a.organization_id,
         (date_trunc('month', a.occurred_at, 'UTC') at time zone 'UTC')::date as month
  from analytics.contact_activity a
  where a.received_at >= $3 and a.received_at < $4 and a.occurred_at >= $5 and a.occurred_at < $6
    and exists (select from analytics.rollup_days r
                where r.job = $1 and r.batch = $2 and r.day < ($7 at time zone 'UTC')::date)
    and ($9::text is null or a.organization_id > $9)
    and ($10::text is null or a.organization_id <= $10)
), by_contact as (
  select a.organization_id, ($7 at time zone 'UTC')::date as month, a.event_type, a.contact_id,
         count(*) as events
  from analytics.contact_activity a
  where a.occurred_at >= $7 and a.occurred_at < $8
    and ($9::text is null or a.organization_id > $9)
    and ($10::text is null or a.organization_id <= $10)
  group by a.organization_id, a.event_type, a.contact_id
  union all
  select t.organization_id, t.month, c.event_type, c.contact_id, c.events
  from touched t
  join analytics.rollup_days r on r.job = $1 and r.day = t.month and r.batch = $2
  cross join lateral (
    select a.event_type, a.contact_id, count(*) as events
    from analytics.contact_activity a
    where a.organization_id = t.organization_id
      and a.occurred_at >= t.month::timestamp at time zone 'UTC'
      and a.occurred_at < (t.month + interval '1 month') at time zone 'UTC'
    group by a.event_type, a.contact_id
  ) c
)
insert into analytics.event_aggregates as e (
  organization_id, date, event_type, channel, event_count, unique_contacts)
select b.organization_id, b.month, 'monthly:' || b.event_type, 'monthly_summary',
       sum(b.events)::int8, count(*)
from by_contact b
group by b.organization_id, b.month, b.event_type
order by b.organization_id, b.month, b.event_type collate "C"
on conflict (organization_id, date, event_type, channel) do update set
  event_count = excluded.event_count, unique_contacts = excluded.unique_contacts,
  updated_at = clock_timestamp()
where (e.event_count, e.unique_contacts)
  is distinct from (excluded.event_count, excluded.unique_contacts)
