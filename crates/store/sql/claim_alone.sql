-- claim_alone: takes one job: a suspect whose lease ran out, or one of a type
-- that is not batched.
-- $1 uuid id; $2 text queue; $3 int8 lease in seconds; $4 uuid invocation token.
-- A lease that ran out while the job was alone is the job's own failure; at
-- its maximum the job becomes a dead letter here.
with due as (
  select j.id, j.failures + (j.state = 'in_progress' and j.alone)::int4 as failures
  from jobs.job j
  where j.id = $1 and (
    (j.state in ('queued', 'failed') and j.available_at <= clock_timestamp() + interval '2 s')
    or (j.state = 'in_progress' and j.lease_until <= clock_timestamp()))
  for update skip locked
), held as (
  update jobs.job j set
    state = 'in_progress', claim = j.claim + 1, alone = true, coalesce_key = null,
    failures = due.failures, lease_token = $4,
    lease_until = clock_timestamp() + $3 * interval '1 s',
    wake_at = clock_timestamp() + $3 * interval '1 s'
  from due where j.id = due.id and due.failures < j.failures_max
  returning j.id, j.claim, j.type, j.data::text as data, j.request_id, j.created_at
), dead as (
  update jobs.job j set
    state = 'dead_lettered', finished_at = clock_timestamp(), failures = due.failures,
    lease_until = null, lease_token = null, coalesce_key = null,
    last_error = 'the lease ran out ' || due.failures || ' times while it was done alone'
  from due where j.id = due.id and due.failures >= j.failures_max
  returning j.*
), letter as (
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select $2, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'), 'lease_expired',
         d.last_error
  from dead d
)
select h.id, h.claim, h.type, h.data, h.request_id, h.created_at, clock_timestamp() as now from held h
union all
select d.id, null, d.type, null, null, d.created_at, clock_timestamp() from dead d
