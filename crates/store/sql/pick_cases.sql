-- pick_cases: the open cases that a replay of many takes next, oldest first.
-- $1 jsonb filter; $2 uuid only after this, $3 timestamptz only what was there then: or
-- null; $4 int8 most cases.
-- As a statement of its own it locks nothing: what a replay finds is looked at
-- again under the jobs' locks.
select l.id, l.job_id
from jobs.dead_letter l
where l.decided_at is null
  and ($2::uuid is null or l.id > $2) and ($3::timestamptz is null or l.created_at <= $3)
  and ($1->>'queue' is null or l.queue = $1->>'queue')
  and ($1->>'type' is null or l.type = $1->>'type')
  and ($1->>'organizationId' is null or l.organization_id = $1->>'organizationId')
  and ($1->>'reason' is null or l.reason = $1->>'reason')
  and ($1->>'fingerprint' is null or l.fingerprint = $1->>'fingerprint')
  and ($1->'payload' is null or l.payload @> ($1->'payload'))
  and ($1->>'runId' is null or exists (
    select from jobs.job j where j.id = l.job_id and j.run_id = ($1->>'runId')::uuid))
order by l.id
limit $4
