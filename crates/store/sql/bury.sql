-- bury: judges jobs whose message the platform gave up on.
-- $1 uuid[] ids, sorted; $2 text[] ids of their messages; $3 text queue;
-- $4 int2 deaths at which a job is a dead letter. Returns the dead.
-- Final, leased or locked jobs need nothing; the others are woken at once. A
-- message counts once, however often it is judged, and only if the job was
-- claimed since the last that counted: a job that nobody tried killed nobody,
-- it waited for a database that was away. A delivery whose lease ran out has
-- lost a job that is dead here; it is counted before the runs.
with dying as (
  select j.id, m.message_id, j.platform_deaths
    + (j.death_message is distinct from m.message_id and j.claim > j.death_claim)::int4 as deaths,
    case j.state when 'in_progress' then j.lease_token end as lost_by
  from unnest($1::uuid[], $2::text[]) as m(id, message_id)
  join jobs.job j on j.id = m.id
  where j.queue = $3 and (j.state in ('queued', 'failed')
    or (j.state = 'in_progress' and j.lease_until <= clock_timestamp()))
  order by j.id for update of j skip locked
), judged as (
  update jobs.job j set
    platform_deaths = d.deaths,
    death_message = d.message_id, death_claim = j.claim,
    wake_at = clock_timestamp(),
    state = case when d.deaths >= $4 then 'dead_lettered' else j.state end,
    finished_at = case when d.deaths >= $4 then clock_timestamp() end,
    lease_until = case when d.deaths >= $4 then null else j.lease_until end,
    lease_token = case when d.deaths >= $4 then null else j.lease_token end,
    coalesce_key = case when d.deaths >= $4 then null else j.coalesce_key end,
    released_key = case when d.deaths >= $4 then coalesce(j.idempotency_key, j.released_key)
      else j.released_key end,
    idempotency_key = case when d.deaths >= $4 then null else j.idempotency_key end,
    last_error = case when d.deaths >= $4 then e.error else j.last_error end,
    errors = case when d.deaths >= $4 then jobs.add_error(j.errors, j.claim, e.error)
      else j.errors end
  from dying d cross join lateral (
    select 'the platform gave its message up ' || d.deaths || ' times' as error
  ) e
  where j.id = d.id
  returning j.*, d.lost_by
), letters as (
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
         'isolate_killed', d.last_error
  from judged d where d.state = 'dead_lettered' order by d.id
), delivery as (
  select d.token, l.lost
  from (select lost_by, count(*)::int4 as lost from judged where state = 'dead_lettered'
        group by lost_by) l
  join jobs.delivery d on d.token = l.lost_by
  order by d.token for no key update of d
), counted as (
  update jobs.delivery d set lost = d.lost + c.lost from delivery c where d.token = c.token
  returning d.token
)
select d.id, d.type, d.queue, d.run_id, d.request_id, d.claim,
       (select jobs.count_runs(dead => array_agg(e.run_id))
        from judged e cross join (select count(*) from counted) c
        where e.state = 'dead_lettered') as runs
from judged d where d.state = 'dead_lettered' order by d.id
