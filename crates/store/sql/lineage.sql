-- lineage: every case of a job and those that were replayed as it, oldest first.
-- $1 uuid job; $2 int8 most rows.
select d.id, d.queue, d.type, d.organization_id, d.job_id, d.message_id, d.reason, d.detail,
       d.fingerprint, d.created_at, d.decided_at, d.decision, d.decided_by, d.decided_why,
       d.replay_id, d.replayed_as
from jobs.dead_letter d
where d.job_id = $1 or d.replayed_as = $1
order by d.id limit $2
