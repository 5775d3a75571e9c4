-- end_lost_night: ends a night whose run is over, if nobody has ended it, and tells of it.
-- $1 uuid run; $2 text status; $3 timestamptz when; $4 int8 users with scores; $5 int8 users who
-- failed; $6 int8 users without anything to score; $7 text what went wrong as JSON; $8 text what it
-- took as JSON; $9 int4 the chunks that were done then; $10 text type of the event; $11 text what it
-- tells, as JSON. Returns whether it was this.
with ended as (
  update portfolio.overnight_job_runs n set
    status = $2, completed_at = $3, users_processed = $4, users_failed = $5, users_skipped = $6,
    error_details = $7::jsonb, metrics = $8::jsonb
  where n.id = $1 and n.status = 'started' and n.chunks_done = $9
    and not exists (select from jobs.run r where r.id = n.id and r.status = 'running')
  returning n.correlation_id
), told as (
  insert into jobs.event_outbox (type, data, request_id)
  select $10, $11::jsonb, e.correlation_id from ended e
)
select count(*) > 0 as ended from ended
