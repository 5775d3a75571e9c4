-- claim_alone: takes one job: a suspect whose lease ran out, or one of a type
-- that is not batched.
-- $1 uuid id; $2 text queue; $3 int8 lease in seconds; $4 uuid invocation token.
-- A lease that ran out while the job was alone is the job's own failure; at
-- its maximum the job becomes a dead letter here. Deliveries are counted in the
-- order of their tokens, and before the run.
with due as (
  select j.id, j.failures + (j.state = 'in_progress' and j.alone)::int4 as failures,
         case j.state when 'in_progress' then j.lease_token end as lost_by
  from jobs.job j
  where j.id = $1 and j.queue = $2 and (
    (j.state in ('queued', 'failed') and j.available_at <= clock_timestamp() + interval '2 s'
      and j.expires_at > clock_timestamp())
    or (j.state = 'in_progress' and j.lease_until <= clock_timestamp()))
  for update skip locked
), held as (
  update jobs.job j set
    state = 'in_progress', claim = j.claim + 1, alone = true, coalesce_key = null,
    failures = due.failures, lease_token = $4,
    lease_until = clock_timestamp() + $3 * interval '1 s',
    wake_at = clock_timestamp() + $3 * interval '1 s'
  from due where j.id = due.id and due.failures < j.failures_max
  returning j.*
), dead as (
  update jobs.job j set
    state = 'dead_lettered', finished_at = clock_timestamp(), failures = due.failures,
    lease_until = null, lease_token = null, coalesce_key = null,
    released_key = coalesce(j.idempotency_key, j.released_key), idempotency_key = null,
    last_error = e.error, errors = jobs.add_error(j.errors, j.claim, e.error)
  from due cross join lateral (
    select 'the lease ran out ' || due.failures || ' times while it was done alone' as error
  ) e
  where j.id = due.id and due.failures >= j.failures_max
  returning j.*
), letter as (
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
         'lease_expired', d.last_error
  from dead d
), ends as (
  select m.token, count(*) filter (where m.taken)::int4 as taken,
         count(*) filter (where not m.taken)::int4 as lost
  from (select $4 as token, true as taken from held
        union all select due.lost_by, false from due) m
  where m.token is not null group by m.token
), delivery as (
  select d.token, e.taken, e.lost from jobs.delivery d join ends e on e.token = d.token
  order by d.token for no key update of d
), counted as (
  update jobs.delivery d set taken = d.taken + c.taken, lost = d.lost + c.lost
  from delivery c where d.token = c.token
  returning d.token
)
select h.state, h.id, h.claim, h.type, h.version, h.data::text as data, h.organization_id,
       h.run_id, h.scheduled_for, h.request_id, h.traceparent, h.created_at, h.failures, h.failures_max,
       h.snoozes, h.snooze_reason, clock_timestamp() as now, null::int8 as runs
from held h
union all
select d.state, d.id, d.claim, d.type, d.version, d.data::text, d.organization_id,
       d.run_id, d.scheduled_for, d.request_id, d.traceparent, d.created_at, d.failures, d.failures_max,
       d.snoozes, d.snooze_reason, clock_timestamp(), jobs.count_runs(dead => array[d.run_id])
from dead d cross join (select count(*) from counted) c
