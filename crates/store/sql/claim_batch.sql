-- claim_batch: takes the batch's due jobs of batched types.
-- $1 uuid[] ids, sorted; $2 text queue; $3 text[] type names, $4 int2[] the newest version
-- of each that this build reads; $5 int8 lease in seconds; $6 uuid invocation token;
-- $7 int4, $8 int4 schema range of this build.
-- Ordered and skipping locked rows: overlapping batches never deadlock. Fresh
-- jobs only: one whose lease ran out is claimed alone.
with due as (
  select j.id from jobs.job j
  where j.id = any($1) and j.queue = $2
    and j.version <= ($4::int2[])[array_position($3::text[], j.type)]
    and j.state in ('queued', 'failed')
    and j.available_at <= clock_timestamp() + interval '2 s'
    and j.expires_at > clock_timestamp()
    and (select max(number) from jobs.schema_migration) between $7 and $8
  order by j.id for update skip locked
)
update jobs.job j set
  state = 'in_progress', claim = j.claim + 1, alone = false, coalesce_key = null,
  lease_token = $6,
  lease_until = clock_timestamp() + $5 * interval '1 s',
  wake_at = clock_timestamp() + $5 * interval '1 s'
from due where j.id = due.id
returning j.id, j.claim, j.type, j.version, j.data::text as data, j.organization_id, j.run_id,
          j.scheduled_for, j.request_id, j.created_at, j.failures, j.failures_max, j.snoozes,
          j.snooze_reason
