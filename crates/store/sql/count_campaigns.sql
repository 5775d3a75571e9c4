-- count_campaigns: counts what became of campaigns' messages, of a whole day and of each
-- organization's touched days before it.
-- $1 text job; $2 uuid batch, by which the days are marked; $3, $4 timestamptz activity that was
-- received from then and before then; $5, $6 timestamptz and happened from then and before then;
-- $7, $8 timestamptz the whole day, which begins where what happened before ends;
-- $9, $10 text of organizations after the one and up to the other, or null.
-- OFFSET keeps each organization's day a look-up of its own.
-- What came late is looked for where a day before was marked alone.
with touched as materialized (
  select distinct a.organization_id, (a.occurred_at at time zone 'UTC')::date as day
  from analytics.contact_activity a
  where a.received_at >= $3 and a.received_at < $4 and a.occurred_at >= $5 and a.occurred_at < $6
    and exists (select from analytics.rollup_days r
                where r.job = $1 and r.batch = $2 and r.day < ($7 at time zone 'UTC')::date)
    and ($9::text is null or a.organization_id > $9)
    and ($10::text is null or a.organization_id <= $10)
    and a.channel = 'delivery' and a.campaign_id is not null
), activity as (
  select a.organization_id, ($7 at time zone 'UTC')::date as day, a.campaign_id, a.contact_id,
         a.event_type
  from analytics.contact_activity a
  where a.occurred_at >= $7 and a.occurred_at < $8
    and ($9::text is null or a.organization_id > $9)
    and ($10::text is null or a.organization_id <= $10)
    and a.channel = 'delivery' and a.campaign_id is not null
  union all
  select t.organization_id, t.day, d.campaign_id, d.contact_id, d.event_type
  from touched t
  join analytics.rollup_days r on r.job = $1 and r.day = t.day and r.batch = $2
  cross join lateral (
    select a.campaign_id, a.contact_id, a.event_type
    from analytics.contact_activity a
    where a.organization_id = t.organization_id
      and a.occurred_at >= t.day::timestamp at time zone 'UTC'
      and a.occurred_at < (t.day + 1)::timestamp at time zone 'UTC'
      and a.channel = 'delivery' and a.campaign_id is not null
    offset 0
  ) d
), by_contact as (
  select a.organization_id, a.day, a.campaign_id, a.contact_id,
         count(*) filter (where a.event_type = 'delivery.MessageSent') as sent,
         count(*) filter (where a.event_type = 'delivery.MessageDelivered') as delivered,
         count(*) filter (where a.event_type = 'delivery.MessageOpened') as opened,
         count(*) filter (where a.event_type = 'delivery.MessageClicked') as clicked,
         count(*) filter (where a.event_type = 'delivery.MessageBounced') as bounced,
         count(*) filter (where a.event_type = 'delivery.MessageComplained') as complained,
         count(*) filter (where a.event_type = 'delivery.MessageUnsubscribed') as unsubscribed
  from activity a
  group by a.organization_id, a.day, a.campaign_id, a.contact_id
)
insert into analytics.campaign_daily_stats as s (
  organization_id, date, campaign_id, sent, delivered, opened, unique_opened, clicked,
  unique_clicked, bounced, complained, unsubscribed)
select b.organization_id, b.day, b.campaign_id, sum(b.sent), sum(b.delivered), sum(b.opened),
       count(*) filter (where b.opened > 0), sum(b.clicked),
       count(*) filter (where b.clicked > 0), sum(b.bounced), sum(b.complained),
       sum(b.unsubscribed)
from by_contact b
group by b.organization_id, b.day, b.campaign_id
order by b.organization_id, b.day, b.campaign_id collate "C"
on conflict (organization_id, date, campaign_id) do update set
  sent = excluded.sent, delivered = excluded.delivered, opened = excluded.opened,
  unique_opened = excluded.unique_opened, clicked = excluded.clicked,
  unique_clicked = excluded.unique_clicked, bounced = excluded.bounced,
  complained = excluded.complained, unsubscribed = excluded.unsubscribed
where (s.sent, s.delivered, s.opened, s.unique_opened, s.clicked, s.unique_clicked, s.bounced,
       s.complained, s.unsubscribed)
  is distinct from (excluded.sent, excluded.delivered, excluded.opened, excluded.unique_opened,
       excluded.clicked, excluded.unique_clicked, excluded.bounced, excluded.complained,
       excluded.unsubscribed)
