-- $1, $2 received from then and before then; $3, $4 happened from then and before then;
-- $5, $6 the whole day. Late days are looked up and contacts are parted first: a join reads the
-- whole month, and count(distinct) sorts.
with touched as (
  select distinct organization_id, (occurred_at at time zone 'UTC')::date as day
  from analytics.contact_activity
  where received_at >= $1 and received_at < $2 and occurred_at >= $3 and occurred_at < $4
    and channel = 'delivery' and campaign_id is not null
), counted as (
  select organization_id, ($5 at time zone 'UTC')::date as day, campaign_id, contact_id, event_type
  from analytics.contact_activity
  where occurred_at >= $5 and occurred_at < $6 and channel = 'delivery' and campaign_id is not null
  union all
  select t.organization_id, t.day, d.campaign_id, d.contact_id, d.event_type
  from touched t
  cross join lateral (
    select a.campaign_id, a.contact_id, a.event_type
    from analytics.contact_activity a
    where a.organization_id = t.organization_id
      and a.occurred_at >= t.day::timestamp at time zone 'UTC'
      and a.occurred_at < (t.day + 1)::timestamp at time zone 'UTC'
      and a.channel = 'delivery' and a.campaign_id is not null
    offset 0
  ) d
), parted as (
  select organization_id, day, campaign_id, contact_id, event_type, count(*) as events
  from counted
  group by organization_id, day, campaign_id, contact_id, event_type
)
insert into analytics.campaign_daily_stats (
  organization_id, date, campaign_id, sent, delivered, opened, unique_opened, clicked,
  unique_clicked, bounced, complained, unsubscribed)
select organization_id, day, campaign_id,
       coalesce(sum(events) filter (where event_type = 'delivery.MessageSent'), 0),
       coalesce(sum(events) filter (where event_type = 'delivery.MessageDelivered'), 0),
       coalesce(sum(events) filter (where event_type = 'delivery.MessageOpened'), 0),
       count(*) filter (where event_type = 'delivery.MessageOpened'),
       coalesce(sum(events) filter (where event_type = 'delivery.MessageClicked'), 0),
       count(*) filter (where event_type = 'delivery.MessageClicked'),
       coalesce(sum(events) filter (where event_type = 'delivery.MessageBounced'), 0),
       coalesce(sum(events) filter (where event_type = 'delivery.MessageComplained'), 0),
       coalesce(sum(events) filter (where event_type = 'delivery.MessageUnsubscribed'), 0)
from parted
group by organization_id, day, campaign_id
