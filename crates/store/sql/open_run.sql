-- open_run: opens a run with its first job, unless its job_key's lock is taken
-- or it is open already.
-- $1 uuid run; $2 text job_key; $3 text organization or null; $4 text trigger;
-- $5 text request id; $6 boolean exclusive; $7 uuid job; $8 text queue; $9 text type;
-- $10 int2 version; $11 text data as JSON; $12 int2 failures_max.
-- Returns the job if it was written.
with opened as (
  insert into jobs.run (id, job_key, organization_id, trigger, request_id, exclusive, jobs_total)
  values ($1, $2, $3, $4, $5, $6, 1)
  on conflict do nothing
  returning id
)
insert into jobs.job (id, organization_id, queue, type, version, data, failures_max, run_id,
                      request_id, wake_at)
select $7, $3, $8, $9, $10, $11::jsonb, $12, o.id, $5, clock_timestamp()
from opened o
returning id
