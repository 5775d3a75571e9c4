-- claim_batch: takes the batch's due jobs of batched types, and writes its delivery.
-- $1 uuid[] ids, sorted; $2 text queue; $3 text[] type names, $4 int2[] the newest version
-- of each that this build reads; $5 int8 lease in seconds; $6 uuid invocation token;
-- $7 int4, $8 int4 schema range of this build; $9 int4 messages delivered, of them $10 int4 no
-- job's and $11 int4 repeated.
-- Returns a row a claimed job, or one without a job; each has the time and the schema's version.
-- Ordered and skipping locked rows: overlapping batches never deadlock. Fresh
-- jobs only: one whose lease ran out is claimed alone. One statement, so that no
-- claim is ever without its count.
with build as (
  select max(m.number) as version from jobs.schema_migration m
), due as (
  select j.id from jobs.job j
  where j.id = any($1) and j.queue = $2
    and j.version <= ($4::int2[])[array_position($3::text[], j.type)]
    and j.state in ('queued', 'failed')
    and j.available_at <= clock_timestamp() + interval '2 s'
    and j.expires_at > clock_timestamp()
    and (select b.version between $7 and $8 from build b)
  order by j.id for update skip locked
), claimed as (
  update jobs.job j set
    state = 'in_progress', claim = j.claim + 1, alone = false, coalesce_key = null,
    lease_token = $6,
    lease_until = clock_timestamp() + $5 * interval '1 s',
    wake_at = clock_timestamp() + $5 * interval '1 s'
  from due where j.id = due.id
  returning j.id, j.claim, j.type, j.version, j.data::text as data, j.organization_id, j.run_id,
            j.scheduled_for, j.request_id, j.traceparent, j.created_at, j.failures, j.failures_max, j.snoozes,
            j.snooze_reason
), delivery as (
  insert into jobs.delivery (token, queue, messages, unreadable, absorbed, taken)
  select $6, $2, $9, $10, $11, (select count(*) from claimed)
)
select clock_timestamp() as now, b.version as schema_version, c.*
from build b left join claimed c on true
