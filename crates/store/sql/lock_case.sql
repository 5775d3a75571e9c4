-- lock_case: locks a case. $1 uuid case.
select l.id, l.job_id, l.queue, l.type, l.organization_id, l.reason, l.decided_at is null as open
from jobs.dead_letter l where l.id = $1 for update
