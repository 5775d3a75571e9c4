-- enqueue: writes jobs of one organization, or joins those still queued.
-- $1 text organization; $2 text[] types; $3 text[] queues; $4 int2[] versions; $5 text[] data
-- as JSON; $6 int2[] failures_max; $7 text[] coalesce keys or null; $8 text[] request ids.
-- A row a job, in the order given, which is that of type and key: two producers
-- never deadlock. Joining is an update, never nothing: its row lock keeps the
-- job from being claimed before this transaction's data can be seen.
insert into jobs.job as j (organization_id, type, queue, version, data, failures_max, coalesce_key,
                           request_id)
select $1, n.type, n.queue, n.version, n.data::jsonb, n.failures_max, n.coalesce_key, n.request_id
from unnest($2::text[], $3::text[], $4::int2[], $5::text[], $6::int2[], $7::text[], $8::text[])
  with ordinality
  as n(type, queue, version, data, failures_max, coalesce_key, request_id, place)
order by n.place
on conflict (organization_id, type, coalesce_key) where coalesce_key is not null
do update set coalesced = j.coalesced + 1
returning j.id, j.type, j.queue, j.state, old.id is null as created, j.created_at
