-- judge_shorts: what stands in the place of jobs that were sent by hand and
-- got no row: the holder of their key, or the case that their message is since
-- it came before. Other content than the holder's is kept as a dead letter.
-- $1 uuid[] ids; $2 text[] types; $3 text[] organizations or null; $4 text[] data as JSON;
-- $5 text[] idempotency keys or null; $6 text[] message ids; $7 bytea[] bodies;
-- $8 text[] reasons; $9 text[] details; $10 text queue.
-- Returns the ids, and whether the holder has the same content and the message
-- is no case. One whose holder is gone meanwhile is not returned.
with short as (
  select s.* from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                         $7::bytea[], $8::text[], $9::text[])
    as s(id, type, organization_id, data, idempotency_key, message_id, body, reason, detail)
  where not exists (select from jobs.job j where j.id = s.id)
), judged as (
  select s.*, not c.is_case and h.data = s.data::jsonb as same
  from short s
  cross join lateral (
    select exists (select from jobs.dead_letter d
                   where d.queue = $10 and d.message_id = s.message_id) as is_case
  ) c
  left join lateral (
    -- Two arms: the index does not serve "is not distinct from".
    select j.data from jobs.job j
    where j.organization_id = s.organization_id and j.type = s.type
      and j.idempotency_key = s.idempotency_key
    union all
    select j.data from jobs.job j
    where s.organization_id is null and j.organization_id is null and j.type = s.type
      and j.idempotency_key = s.idempotency_key
  ) h on true
  where c.is_case or h.data is not null
), kept as (
  insert into jobs.dead_letter (queue, message_id, organization_id, type, body, reason, detail)
  select $10, j.message_id, j.organization_id, j.type, j.body, j.reason, left(j.detail, 4000)
  from judged j where not j.same order by j.message_id
  on conflict (queue, message_id) do nothing
)
select j.id, j.same from judged j order by j.id
