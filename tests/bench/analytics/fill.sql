-- What contacts did: $1 rows, evenly over $2 seconds until $3 timestamptz, of fifty organizations
-- with twenty thousand contacts and twenty campaigns each, in the order in which they came. Of
-- some ten thousand one came up to twenty days late.
insert into analytics.contact_activity (organization_id, occurred_at, event_id, contact_id,
  event_type, channel, campaign_id, data, received_at)
select 'org_' || lpad((n % 50)::text, 2, '0'),
       date_trunc('milliseconds', greatest(t.at - late.days * interval '1 day',
                                           $3 - $2 * interval '1 s')),
       'e' || n, 'contact_' || (n::int8 * 7919 % 20000), k.type, k.channel,
       case when k.channel = 'delivery' then 'campaign_' || n / 50 % 20 end, '{}', t.at
from generate_series(0, $1::int4 - 1) n
cross join lateral (
  select $3::timestamptz - ($1 - n) * ($2::float8 / $1) * interval '1 s' as at) t
cross join lateral (
  select case when n % 10007 = 0 then n / 10007 % 20 else 0 end as days) late
cross join lateral (
  select (array['content.PageVisited', 'content.PageVisited', 'content.AssetDownloaded',
                'delivery.MessageSent', 'delivery.MessageDelivered', 'delivery.MessageOpened',
                'delivery.MessageClicked', 'crm.ContactUpdated'])[1 + n / 50 % 8] as type,
         (array['content', 'content', 'content', 'delivery', 'delivery', 'delivery', 'delivery',
                'crm'])[1 + n / 50 % 8] as channel) k
