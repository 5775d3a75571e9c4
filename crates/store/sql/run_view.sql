-- run_view: a run, as it is listed. $1 uuid run.
select r.id, r.job_key, r.trigger, r.status, r.revision, r.jobs_total, r.jobs_done, r.jobs_dead,
       r.jobs_cancelled, r.started_at, r.progressed_at, r.stalled_at, r.finished_at,
       r.organization_id, r.scheduled_for, r.request_id, r.cancelled_at,
       (select n.status from portfolio.overnight_job_runs n where n.id = r.id) as came_to
from jobs.run r where r.id = $1
