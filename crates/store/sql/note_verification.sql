-- note_verification: what came of asking about a match, once an attempt.
-- $1 uuid job; $2 int4 attempt; $3 text organization; $4 uuid match; $5 timestamptz when it was
-- asked; $6 text outcome; $7 text reason; $8 int4 version of the result afterwards.
insert into scoreboard.verifications
  (job_id, attempt, organization_id, match_id, fetched_at, outcome, reason, result_version)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (job_id, attempt) do nothing
