-- pick_cases: the next open cases of a replay of many, oldest first.
-- $1 uuid replay; $2 int8 most cases.
-- Those that were there when it was asked for. As a statement of its own it
-- locks nothing: what it finds is looked at again under the jobs' locks.
select l.id, l.job_id
from jobs.replay r
join jobs.dead_letter l
  on l.id > coalesce(r.after_case, '00000000-0000-0000-0000-000000000000'::uuid)
where r.id = $1 and l.decided_at is null and l.created_at <= r.created_at
  and (r.filter->>'queue' is null or l.queue = r.filter->>'queue')
  and (r.filter->>'type' is null or l.type = r.filter->>'type')
  and (r.filter->>'organizationId' is null or l.organization_id = r.filter->>'organizationId')
  and (r.filter->>'reason' is null or l.reason = r.filter->>'reason')
  and (r.filter->>'fingerprint' is null or l.fingerprint = r.filter->>'fingerprint')
  and (r.filter->'payload' is null or l.payload @> (r.filter->'payload'))
  and (r.filter->>'runId' is null or exists (
    select from jobs.job j where j.id = l.job_id and j.run_id = (r.filter->>'runId')::uuid))
order by l.id
limit $2
