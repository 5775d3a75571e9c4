-- open_publication: opens the run that scores by what an organization published, with its
-- planner, unless one is open.
-- $1 text job_key; $2 text organization; $3 text request id; $4 text queue; $5 text type;
-- $6 int2 version; $7 text data as JSON; $8 int2 failures_max.
-- Returns the run and its planner, if they were written. The planner's message is its
-- publisher's to send; the relay waits for it as for every producer's.
with opened as (
  insert into jobs.run (id, job_key, organization_id, trigger, request_id, exclusive, jobs_total)
  values (uuidv7(), $1, $2, 'api', $3, true, 1)
  on conflict (job_key, organization_id) where status = 'running' and exclusive do nothing
  returning id
)
insert into jobs.job (organization_id, queue, type, version, data, failures_max, run_id, request_id)
select $2, $4, $5, $6, $7::jsonb, $8, o.id, $3 from opened o
returning run_id, id, created_at
