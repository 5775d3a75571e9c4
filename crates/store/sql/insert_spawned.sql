-- insert_spawned: jobs that an effect enqueues, where none with their key stands. The relay
-- may take them at once.
-- $1 uuid[] ids, sorted; $2 text[] organizations or null; $3 text[] queues; $4 text[] types;
-- $5 int2[] versions; $6 text[] data as JSON; $7 int2[] failures_max; $8 uuid[] runs or null;
-- $9 text[] request ids or null; $10 text[] idempotency keys or null; $11 text[] trace contexts
-- or null.
insert into jobs.job (id, organization_id, queue, type, version, data, failures_max, run_id,
                      request_id, idempotency_key, traceparent, available_at, wake_at)
select s.id, s.organization_id, s.queue, s.type, s.version, s.data::jsonb, s.failures_max, s.run_id,
       s.request_id, s.idempotency_key, s.traceparent, c.now, c.now
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int2[], $6::text[], $7::int2[],
            $8::uuid[], $9::text[], $10::text[], $11::text[])
  as s(id, organization_id, queue, type, version, data, failures_max, run_id, request_id,
       idempotency_key, traceparent),
  (select clock_timestamp() as now) c
order by s.id
on conflict (organization_id, type, idempotency_key) where idempotency_key is not null do nothing
