-- insert_enrichments: enrichment jobs that ended, of a batch's new events.
-- $1 uuid batch; events, each column an array: $2 text organizations, $3 text events, $4 text
-- contacts, $5 timestamptz end, $6 bool success, $7 int8 cost in ten-thousandths or null,
-- $8 int4 hours of freshness or null.
insert into lead_intelligence.enrichment_jobs (organization_id, finished_at, event_id, contact_id,
                                               succeeded, cost, freshness_hours)
select e.organization_id, e.finished_at, e.event_id, e.contact_id, e.succeeded, e.cost * 0.0001,
       e.freshness_hours
from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bool[], $7::int8[],
            $8::int4[])
  as e(organization_id, event_id, contact_id, finished_at, succeeded, cost, freshness_hours)
join scoring.event_seen n on n.organization_id = e.organization_id
  and n.event_id = e.event_id and n.batch = $1
order by e.organization_id collate "C", e.finished_at, e.event_id collate "C"
on conflict (organization_id, finished_at, event_id) do nothing
