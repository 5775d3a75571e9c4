-- lock_case_job: locks the job of a case, if it has one; before the case, as
-- everybody who has both. $1 uuid case.
-- A statement of its own: the one behind it sees what this one waited for.
select j.id, j.state, j.type, j.organization_id, j.failures, j.last_error, j.replays, j.run_id
from jobs.dead_letter l join jobs.job j on j.id = l.job_id
where l.id = $1 for update of j
