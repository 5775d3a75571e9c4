-- enqueue: writes jobs of one organization, or joins those still queued.
-- $1 text organization; $2 text[] types; $3 text[] queues; $4 text[] data as JSON;
-- $5 int2[] failures_max; $6 text[] coalesce keys or null; $7 text[] request ids.
-- Joining is an update, never nothing: its row lock keeps the job from being
-- claimed before this transaction's data can be seen. Sorted by
-- key, so that two producers never deadlock.
insert into jobs.job as j (organization_id, type, queue, data, failures_max, coalesce_key, request_id)
select $1, n.type, n.queue, n.data::jsonb, n.failures_max, n.coalesce_key, n.request_id
from unnest($2::text[], $3::text[], $4::text[], $5::int2[], $6::text[], $7::text[])
  as n(type, queue, data, failures_max, coalesce_key, request_id)
order by n.type collate "C", n.coalesce_key collate "C"
on conflict (organization_id, type, coalesce_key) where coalesce_key is not null
do update set coalesced = j.coalesced + 1
returning j.id, j.type, j.queue, old.id is null as created, j.created_at
