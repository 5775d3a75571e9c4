-- append_settlement: adds an entry that gives nothing to a tournament's ledger.
-- $1 text organization; $2 uuid tournament; $3 text entry as JSON; $4 text result in canonical
-- form; $5 uuid job; $6 int4 attempt.
insert into scoreboard.match_settlement_ledger
  (organization_id, tournament_id, entry, result, job_id, attempt)
values ($1, $2, $3, $4, $5, $6)
