-- insert_activity: what contacts did, of a batch's new events.
-- $1 uuid batch; events, each column an array: $2 text organizations, $3 text events, $4 text
-- contacts, $5 timestamptz occurred, $6 text types, $7 text channels, $8 text campaigns or null,
-- $9 text data as JSON.
insert into analytics.contact_activity (organization_id, occurred_at, event_id, contact_id,
                                        event_type, channel, campaign_id, data)
select e.organization_id, e.occurred_at, e.event_id, e.contact_id, e.event_type, e.channel,
       e.campaign_id, e.data::jsonb
from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
            $8::text[], $9::text[])
  as e(organization_id, event_id, contact_id, occurred_at, event_type, channel, campaign_id, data)
join scoring.event_seen n on n.organization_id = e.organization_id
  and n.event_id = e.event_id and n.batch = $1
order by e.organization_id collate "C", e.occurred_at, e.event_id collate "C"
on conflict (organization_id, occurred_at, event_id) do nothing
