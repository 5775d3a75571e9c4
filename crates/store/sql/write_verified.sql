-- write_verified: what is stored of a match after an answer.
-- $1 text organization; $2 uuid tournament; $3 uuid match; $4 text status; $5 timestamptz
-- kickoff; $6 text result in canonical form, or null; $7 int4 version of the result;
-- $8 timestamptz when the answer was asked for; $9 timestamptz when it was first seen ended, or
-- null; $10 timestamptz when it is asked about next, or null.
update scoreboard.matches m set
  status = $4, kickoff = $5, result = $6, result_version = $7, last_checked_at = $8,
  ended_at = $9, next_check_at = $10
where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
