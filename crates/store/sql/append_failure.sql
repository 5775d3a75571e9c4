-- append_failure: adds the entry of a settlement that was rolled back, once an attempt, while
-- the attempt still holds its job.
-- $1 text organization; $2 uuid tournament; $3 text entry as JSON; $4 text result in canonical
-- form; $5 uuid job; $6 int4 attempt; $7 text why.
-- After a statement that has locked the tournament, so that none is added twice.
insert into scoreboard.match_settlement_ledger
  (organization_id, tournament_id, entry, result, job_id, attempt, detail)
select $1, $2, $3, $4, $5, $6, $7
where exists (
  select from jobs.job j where j.id = $5 and j.claim = $6 and j.state = 'in_progress'
) and not exists (
  select from scoreboard.match_settlement_ledger l where l.job_id = $5 and l.attempt = $6
)
