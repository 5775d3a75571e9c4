-- end_night: how a night ended; raises JB004 where another chunk was done since that was decided,
-- or somebody else has ended it.
-- $1 uuid run; $2 text status; $3 timestamptz when; $4 int8 users with scores; $5 int8 users who
-- failed; $6 int8 users without anything to score; $7 text what went wrong as JSON; $8 text what it
-- took as JSON; $9 int4 the chunks that were done then; $10 text the status that it had then.
with ended as (
  update portfolio.overnight_job_runs n set
    status = $2, completed_at = $3, users_processed = $4, users_failed = $5, users_skipped = $6,
    error_details = $7::jsonb, metrics = $8::jsonb
  where n.id = $1 and n.chunks_done = $9 and n.status = $10
  returning n.id
)
select jobs.refuse(count(*) = 0, 'JB004', 'the night is another meanwhile')::text from ended
