-- bury: judges jobs whose message the platform gave up on. $1 uuid[] ids, sorted;
-- $2 int2 deaths at which a job is a dead letter.
-- Final, leased or locked jobs need nothing; the others are woken at once.
with dying as (
  select j.id from jobs.job j
  where j.id = any($1) and (j.state in ('queued', 'failed')
    or (j.state = 'in_progress' and j.lease_until <= clock_timestamp()))
  order by j.id for update skip locked
), judged as (
  update jobs.job j set
    platform_deaths = j.platform_deaths + 1,
    wake_at = clock_timestamp(),
    state = case when j.platform_deaths + 1 >= $2 then 'dead_lettered' else j.state end,
    finished_at = case when j.platform_deaths + 1 >= $2 then clock_timestamp() end,
    lease_until = case when j.platform_deaths + 1 >= $2 then null else j.lease_until end,
    coalesce_key = case when j.platform_deaths + 1 >= $2 then null else j.coalesce_key end
  from dying where j.id = dying.id
  returning j.*
)
insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
       'isolate_killed', 'the platform gave its message up ' || d.platform_deaths || ' times'
from judged d where d.state = 'dead_lettered'
