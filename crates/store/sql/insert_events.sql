-- insert_events: domain events of an effect, in the order given.
-- $1 text[] types; $2 text[] organizations or null; $3 text[] data as JSON; $4 uuid[] jobs;
-- $5 text[] request ids or null.
insert into jobs.event_outbox (type, organization_id, data, job_id, request_id)
select e.type, e.organization_id, e.data::jsonb, e.job_id, e.request_id
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[]) with ordinality
  as e(type, organization_id, data, job_id, request_id, place)
order by e.place
