-- put_off: jobs that only another build can do wait for it, then are dead
-- letters.
-- $1 uuid[] ids, sorted; $2 text queue; $3 int8 wait in seconds; $4 int8 hours of
-- such waits after which they are dead letters. Returns those that were waiting.
-- A delivery whose lease ran out has lost its job; it is counted before the runs.
with waiting as (
  select j.id, clock_timestamp() as now,
         case j.state when 'in_progress' then j.lease_token end as lost_by,
         j.snooze_reason is not distinct from 'another_build'
           and j.snoozes * $3 >= $4 * 3600 as late
  from jobs.job j
  where j.id = any($1) and j.queue = $2 and (
    (j.state in ('queued', 'failed') and j.available_at <= clock_timestamp() + interval '2 s')
    or (j.state = 'in_progress' and j.lease_until <= clock_timestamp()))
  order by j.id for update skip locked
), snoozed as (
  update jobs.job j set
    state = 'queued', available_at = w.now + $3 * interval '1 s',
    wake_at = w.now + $3 * interval '1 s', snooze_reason = 'another_build', resends = 0,
    snoozes = case when j.snooze_reason = 'another_build' then least(j.snoozes + 1, 32000)
      else 1 end,
    lease_until = null, lease_token = null
  from waiting w where j.id = w.id and not w.late
  returning j.id
), dead as (
  update jobs.job j set
    state = 'dead_lettered', finished_at = w.now, coalesce_key = null,
    released_key = coalesce(j.idempotency_key, j.released_key), idempotency_key = null,
    lease_until = null, lease_token = null,
    last_error = 'no build that knows version ' || j.version || ' of the type '
      || left(j.type, 200) || ' came within ' || $4 || ' h',
    errors = jobs.add_error(j.errors, j.claim, 'no build that knows version ' || j.version
      || ' of the type ' || left(j.type, 200) || ' came within ' || $4 || ' h')
  from waiting w where j.id = w.id and w.late
  returning j.*
), letters as (
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
         'unknown_type', d.last_error
  from dead d order by d.id
), delivery as (
  select d.token, l.lost
  from (select lost_by, count(*)::int4 as lost from waiting group by lost_by) l
  join jobs.delivery d on d.token = l.lost_by
  order by d.token for no key update of d
), counted as (
  update jobs.delivery d set lost = d.lost + c.lost from delivery c where d.token = c.token
  returning d.token
)
select s.id, false as dead, null::int8 as runs from snoozed s
union all
select d.id, true, (select jobs.count_runs(dead => array_agg(e.run_id))
                   from dead e cross join (select count(*) from counted) c)
from dead d
order by id
