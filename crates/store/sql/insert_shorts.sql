-- insert_shorts: rows for jobs that were sent by hand.
-- $1 uuid[] ids, sorted; $2 text[] types; $3 text[] organizations; $4 text[] data as JSON;
-- $5 int2[] failures_max; $6 text[] request ids or null; $7 text queue.
insert into jobs.job (id, type, organization_id, data, failures_max, request_id, queue)
select s.id, s.type, s.organization_id, s.data::jsonb, s.failures_max, s.request_id, $7
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int2[], $6::text[])
  as s(id, type, organization_id, data, failures_max, request_id)
order by s.id
on conflict (id) do nothing
