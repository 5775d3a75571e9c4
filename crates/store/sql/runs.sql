-- runs: runs of a schedule or type, newest first.
-- $1 text key; $2 uuid only those older than this run, or null; $3 int8 most rows.
-- The cursor's place is looked up: ids of runs of jobs sent by hand tell no age.
select r.id, r.job_key, r.trigger, r.status, r.revision, r.jobs_total, r.jobs_done, r.jobs_dead,
       r.jobs_cancelled, r.started_at, r.progressed_at, r.stalled_at, r.finished_at,
       r.organization_id, r.scheduled_for, r.request_id, r.cancelled_at,
       (select n.status from portfolio.overnight_job_runs n where n.id = r.id) as came_to
from jobs.run r
where r.job_key = $1 and ($2::uuid is null
  or (r.started_at, r.id) < (select b.started_at, b.id from jobs.run b where b.id = $2))
order by r.started_at desc, r.id desc limit $3
