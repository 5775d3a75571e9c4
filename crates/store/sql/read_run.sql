-- read_run: a run. $1 uuid run.
select r.id, r.job_key, r.trigger, r.status, r.revision, r.jobs_total, r.jobs_done, r.jobs_dead,
       r.jobs_cancelled, r.started_at, r.progressed_at, r.stalled_at, r.finished_at
from jobs.run r where r.id = $1
