-- case: a case with its body. $1 uuid case.
select d.id, d.queue, d.type, d.organization_id, d.job_id, d.message_id, d.reason, d.detail,
       d.fingerprint, d.created_at, d.decided_at, d.decision, d.decided_by, d.decided_why,
       d.replay_id, d.replayed_as, d.body
from jobs.dead_letter d where d.id = $1
