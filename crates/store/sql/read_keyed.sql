-- read_keyed: the jobs that stand for idempotency keys, a row a key, in the
-- order given. $1 text organization; $2 text[] types; $3 text[] idempotency keys;
-- $4 text[] data as JSON. A statement of its own, so that it sees what the insert
-- before it waited for.
-- Raises JB002 when one has other content. Where a key's holder died between the
-- statements, raises a serialization failure: the transaction is repeated.
select j.id, j.type, j.queue, j.state, j.created_at,
       jobs.refuse(j.id is null, '40001', 'the holder of a key is gone')::text,
       jobs.refuse(j.data <> k.data::jsonb, 'JB002', 'idempotency_conflict')::text
from unnest($2::text[], $3::text[], $4::text[]) with ordinality
  as k(type, idempotency_key, data, place)
left join jobs.job j
  on j.organization_id = $1 and j.type = k.type and j.idempotency_key = k.idempotency_key
order by k.place
