-- refuse_lost: raises a serialization failure, which repeats the batch, where a
-- job sent by hand got no row and the holder of its key is gone since.
-- $1 uuid[] ids; $2 text[] types; $3 text[] organizations or null; $4 text[] idempotency
-- keys or null; $5 text[] message ids; $6 text queue.
select jobs.refuse(exists (
  select from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
    as s(id, type, organization_id, idempotency_key, message_id)
  where not exists (select from jobs.job j where j.id = s.id)
    and not exists (select from jobs.dead_letter d
                    where d.queue = $6 and d.message_id = s.message_id)
    and not exists (select from jobs.job j
                    where j.organization_id = s.organization_id and j.type = s.type
                      and j.idempotency_key = s.idempotency_key)
    and not exists (select from jobs.job j
                    where s.organization_id is null and j.organization_id is null
                      and j.type = s.type and j.idempotency_key = s.idempotency_key)
), '40001', 'the holder of a key is gone')::text
