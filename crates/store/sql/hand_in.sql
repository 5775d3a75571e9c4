-- hand_in: a job asked for by hand, with a run of its own; none where its key or
-- its id is another job's, or where the night that it is to repeat goes on. $1 uuid run; $2 text job_key; $3 text organization or null;
-- $4 text trigger; $5 text request id; $6 uuid job; $7 text queue; $8 text type; $9 int2 version;
-- $10 text data as JSON; $11 int2 failures_max; $12 text idempotency key or null;
-- $13 uuid that night or null.
-- Returns one row: the job if it was written, and whether that night goes on.
with night as (
  select exists (
    select from portfolio.overnight_job_runs n where n.id = $13 and n.status = 'started') as goes_on
), inserted as (
  insert into jobs.job (id, run_id, organization_id, queue, type, version, data, failures_max,
                        idempotency_key, request_id, wake_at)
  select $6, $1, $3, $7, $8, $9, $10::jsonb, $11, $12, $5, clock_timestamp()
  from night n where not n.goes_on
  on conflict do nothing
  returning id, run_id
), opened as (
  insert into jobs.run (id, job_key, organization_id, trigger, request_id, jobs_total)
  select i.run_id, $2, $3, $4, $5, 1 from inserted i
  on conflict (id) do nothing
)
select i.id, n.goes_on from night n left join inserted i on true
