-- cases: open or decided cases, newest first, with what comes after them.
-- $1 uuid before; $2 int8 most cases; $3 int8 most rows that are looked at; $4 boolean whether
-- open; $5 text queue; $6 text type; $7 text organization; $8 text reason; $9 text fingerprint;
-- $10 uuid run; $11 jsonb what the body contains. Null: not asked for.
-- One more than asked for tells that there are more; fewer, and next is the last row that was
-- looked at, unless all were. Open ones are found by payload or group in their
-- indexes; decided ones are looked through.
with looked as not materialized (
  select c.* from jobs.dead_letter c
  where ($1::uuid is null or c.id < $1)
    and (not $4 or c.decided_at is null)
    and (not $4 or $9::text is null or c.fingerprint = $9)
    and (not $4 or $11::jsonb is null or c.id = any(array(
      select p.id from jobs.dead_letter p where p.payload @> $11 and p.decided_at is null)))
    and ($10::uuid is null or c.id = any(array(
      select r.id from jobs.job j join jobs.dead_letter r on r.job_id = j.id
      where j.run_id = $10)))
  order by c.id desc limit $3
), found as materialized (
  select d.* from looked d
  where ($4 or d.decided_at is not null)
    and ($5::text is null or d.queue = $5)
    and ($6::text is null or d.type = $6)
    and ($7::text is null or d.organization_id = $7)
    and ($8::text is null or d.reason = $8)
    and ($9::text is null or d.fingerprint = $9)
    and ($11::jsonb is null or d.payload @> $11)
  order by d.id desc limit $2 + 1
)
select f.id, f.queue, f.type, f.organization_id, f.job_id, f.message_id, f.reason, f.detail,
       f.fingerprint, f.created_at, f.decided_at, f.decision, f.decided_by, f.decided_why,
       f.replay_id, f.replayed_as, e.next
from found f
right join (
  select case when (select count(*) from found) <= $2 then (
    select l.id from looked l order by l.id desc offset $3 - 1 limit 1
  ) end as next
) e on true
order by f.id desc
