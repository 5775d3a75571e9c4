-- expire: jobs past their time become dead letters. $1 int8 most rows.
-- Returns the dead. Not one under a lease: its holder may still do it.
-- Found by the index of live rows, then locked by their ids: in one step the
-- planner would read the table in the order of all ids. A delivery whose lease
-- ran out has lost its job; it is counted before the runs.
with late as materialized (
  select j.id from jobs.job j
  where j.finished_at is null and j.expires_at <= clock_timestamp()
    and (j.state in ('queued', 'failed') or j.lease_until <= clock_timestamp())
), expired as (
  select j.id, case j.state when 'in_progress' then j.lease_token end as lost_by,
         'it was not done until '
           || to_char(j.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as error
  from jobs.job j
  where j.id = any(array(select l.id from late l))
    and (j.state in ('queued', 'failed')
      or (j.state = 'in_progress' and j.lease_until <= clock_timestamp()))
  order by j.id limit $1 for update skip locked
), dead as (
  update jobs.job j set
    state = 'dead_lettered', finished_at = clock_timestamp(), lease_until = null,
    lease_token = null, coalesce_key = null,
    released_key = coalesce(j.idempotency_key, j.released_key), idempotency_key = null,
    last_error = e.error, errors = jobs.add_error(j.errors, j.claim, e.error)
  from expired e where j.id = e.id
  returning j.*, e.lost_by
), letters as (
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'), 'expired',
         d.last_error
  from dead d order by d.id
), delivery as (
  select d.token, l.lost
  from (select lost_by, count(*)::int4 as lost from dead group by lost_by) l
  join jobs.delivery d on d.token = l.lost_by
  order by d.token for no key update of d
), counted as (
  update jobs.delivery d set lost = d.lost + c.lost from delivery c where d.token = c.token
  returning d.token
)
select d.id, d.type, d.queue, d.run_id, d.request_id, d.claim,
       (select jobs.count_runs(dead => array_agg(e.run_id))
        from dead e cross join (select count(*) from counted) c) as runs
from dead d order by d.id
