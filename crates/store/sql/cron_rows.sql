-- cron_rows: of each schedule its newest run, an open run and its newest occurrence, in the
-- order of the keys; nulls for what there is not. $1 text[] keys.
-- Each is a look-up; an open run that holds the lock comes before others.
select k.key as schedule_key, r.*, o.id as open_run, c.nominal_at, c.outcome, c.reason,
       c.run_id as occurrence_run_id, c.judged_at
from unnest($1::text[]) with ordinality as k(key, place)
left join lateral (
  select n.id, n.job_key, n.trigger, n.status, n.revision, n.jobs_total, n.jobs_done, n.jobs_dead,
         n.jobs_cancelled, n.started_at, n.progressed_at, n.stalled_at, n.finished_at,
         n.organization_id, n.scheduled_for, n.request_id, n.cancelled_at,
         (select o.status from portfolio.overnight_job_runs o where o.id = n.id) as came_to
  from jobs.run n where n.job_key = k.key order by n.started_at desc, n.id desc limit 1
) r on true
left join lateral (
  select n.id from jobs.run n where n.job_key = k.key and n.status = 'running'
  order by n.exclusive desc, n.progressed_at desc limit 1
) o on true
left join lateral (
  select n.nominal_at, n.outcome, n.reason, n.run_id, n.judged_at
  from jobs.occurrence n where n.job_key = k.key order by n.nominal_at desc limit 1
) c on true
order by k.place
