-- alerts: an organization's alerts, newest first, with what comes after them.
-- $1 text organization; $2 uuid before; $3 int8 most alerts; $4 int8 most rows that are
-- looked at; $5 text[] statuses; $6 text[] priorities; $7 text contact. Null: not asked for.
-- One more than asked for tells that there are more; fewer, and next is the last row that was
-- looked at, unless all were.
with looked as not materialized (
  select k.* from scoring.signal_alerts k
  where k.organization_id = $1 and ($2::uuid is null or k.id < $2)
  order by k.id desc limit $4
), found as materialized (
  select a.* from looked a
  where ($5::text[] is null or a.status = any($5))
    and ($6::text[] is null or a.priority = any($6))
    and ($7::text is null or a.contact_id = $7)
  order by a.id desc limit $3 + 1
)
select f.id, f.contact_id, f.signal_type, f.priority, f.event_id, f.opened_at, f.due_at,
       f.acknowledged_at, f.acknowledged_by, f.expired_at, e.next
from found f
right join (
  select case when (select count(*) from found) <= $3 then (
    select l.id from looked l order by l.id desc offset $4 - 1 limit 1
  ) end as next
) e on true
order by f.id desc
