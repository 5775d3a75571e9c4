-- claim_batch: takes the batch's due jobs of batched types.
-- $1 uuid[] ids, sorted; $2 text[] type names; $3 int8 lease in seconds;
-- $4 uuid invocation token; $5 int4, $6 int4 schema range of this build.
-- Ordered and skipping locked rows: overlapping batches never deadlock
--. Fresh jobs only: one whose lease ran out is claimed alone.
with due as (
  select j.id from jobs.job j
  where j.id = any($1) and j.type = any($2)
    and j.state in ('queued', 'failed')
    and j.available_at <= clock_timestamp() + interval '2 s'
    and (select max(number) from jobs.schema_migration) between $5 and $6
  order by j.id for update skip locked
)
update jobs.job j set
  state = 'in_progress', claim = j.claim + 1, alone = false, coalesce_key = null,
  lease_token = $4,
  lease_until = clock_timestamp() + $3 * interval '1 s',
  wake_at = clock_timestamp() + $3 * interval '1 s'
from due where j.id = due.id
returning j.id, j.claim, j.type, j.data::text as data, j.request_id, j.created_at
