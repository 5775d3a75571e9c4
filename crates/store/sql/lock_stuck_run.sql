-- lock_stuck_run: locks a run that is to be recounted, or raises JB004.
-- $1 uuid run; $2 int8 seconds without progress.
-- Somebody who counts it at this moment makes progress, so it is not waited for.
select jobs.refuse(count(*) = 0, 'JB004', 'the run moved meanwhile')::text
from (
  select from jobs.run r
  where r.id = $1 and r.status = 'running'
    and r.progressed_at < clock_timestamp() - $2 * interval '1 s'
  for update skip locked
) locked
