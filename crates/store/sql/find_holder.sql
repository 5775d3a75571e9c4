-- find_holder: the run, if it was opened, else the one that holds the lock.
-- $1 uuid run; $2 text job_key; $3 text organization or null; $4 int8 seconds without progress
-- until a recount.
-- A statement of its own: one that waited for the lock does not see who got it.
select r.id, r.id = $1 as ours, r.started_at,
       r.progressed_at + $4 * interval '1 s' as expires_at
from jobs.run r
where r.id = $1 or (r.job_key = $2 and r.organization_id is not distinct from $3
  and r.status = 'running' and r.exclusive)
order by ours desc limit 1
