-- append_settlement: adds an entry that gives nothing, because the result counts already.
-- $1 text organization; $2 uuid tournament; $3 text entry as JSON; $4 text result in canonical
-- form; $5 uuid job; $6 int4 attempt.
-- The match may have had another result meanwhile that was never settled: this version counts.
with entered as (
  insert into scoreboard.match_settlement_ledger
    (organization_id, tournament_id, entry, result, job_id, attempt)
  values ($1, $2, $3, $4, $5, $6)
  returning match_id, result_version
)
update scoreboard.matches m set settled_version = e.result_version
from entered e
where m.organization_id = $1 and m.tournament_id = $2 and m.id = e.match_id
