-- cancel: jobs that are queued or failed are cancelled. $1 uuid[] ids.
-- Returns those that were, and their states before. Waits for rows that others lock: jobs that producers
-- join come first and in the producers' order, the others by id.
with waiting as (
  select j.id from jobs.job j
  where j.id = any($1) and j.state in ('queued', 'failed')
  order by j.coalesce_key is null, j.organization_id, j.type collate "C", j.coalesce_key, j.id
  for update
), cancelled as (
  update jobs.job j set
    state = 'cancelled', finished_at = clock_timestamp(), coalesce_key = null,
    released_key = coalesce(j.idempotency_key, j.released_key), idempotency_key = null
  from waiting w where j.id = w.id
  returning j.id, j.run_id, old.state
)
select c.id, c.state, (select jobs.count_runs(cancelled => array_agg(d.run_id)) from cancelled d) as runs
from cancelled c order by c.id
