-- jobs: jobs, newest first, with what comes after them.
-- $1 uuid before; $2 int8 most jobs; $3 int8 most rows that are looked at; $4 uuid[] ids;
-- $5 uuid run; $6 text idempotency key; $7 text queue; $8 text type; $9 text organization;
-- $10 text[] states; $11 jsonb what the data contains. Null: not asked for.
-- One more than asked for tells that there are more; fewer, and next is the last row that was
-- looked at, unless all were. By run or key the ids come first, because the
-- planner might else walk through all jobs to find them in order.
with looked as not materialized (
  select k.* from jobs.job k
  where ($1::uuid is null or k.id < $1)
    and ($4::uuid[] is null or k.id = any($4))
    and ($5::uuid is null or k.id = any(array(select r.id from jobs.job r where r.run_id = $5)))
    and ($6::text is null or k.id = any(array(
      select r.id from jobs.job r where coalesce(r.idempotency_key, r.released_key) = $6)))
  order by k.id desc limit $3
), found as materialized (
  select j.* from looked j
  where ($7::text is null or j.queue = $7)
    and ($8::text is null or j.type = $8)
    and ($9::text is null or j.organization_id = $9)
    and ($10::text[] is null or j.state = any($10))
    and ($11::jsonb is null or j.data @> $11)
  order by j.id desc limit $2 + 1
)
select f.id, f.queue, f.type, f.version, f.organization_id, f.run_id, f.state, f.claim, f.failures,
       f.failures_max, f.snooze_reason, coalesce(f.idempotency_key, f.released_key) as key,
       f.request_id, f.replays, f.created_at, f.available_at, f.expires_at, f.lease_until,
       f.finished_at, f.last_error, e.next
from found f
right join (
  select case when (select count(*) from found) <= $2 then (
    select l.id from looked l order by l.id desc offset $3 - 1 limit 1
  ) end as next
) e on true
order by f.id desc
