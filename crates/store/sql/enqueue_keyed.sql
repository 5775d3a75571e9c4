-- enqueue_keyed: writes jobs of one organization that no job with their
-- idempotency key stands for. Parameters as in enqueue, with idempotency keys.
-- In the order given, which is that of type and key: two producers never
-- deadlock. Returns the ids of those written.
insert into jobs.job (organization_id, type, queue, version, data, failures_max, idempotency_key,
                      request_id)
select $1, n.type, n.queue, n.version, n.data::jsonb, n.failures_max, n.idempotency_key,
       n.request_id
from unnest($2::text[], $3::text[], $4::int2[], $5::text[], $6::int2[], $7::text[], $8::text[])
  with ordinality
  as n(type, queue, version, data, failures_max, idempotency_key, request_id, place)
order by n.place
on conflict do nothing
returning id
