-- settlements: entries of ledgers, the last first; all that is named must hold. $1 text
-- organization, $2 uuid tournament, $3 uuid match, $4 text status, or null for any; $5 text, $6
-- uuid, $7 int8 the entry before, or null; $8 int8 most rows.
select l.organization_id, l.tournament_id, l.seq, l.at, l.hash, l.entry, l.result, l.job_id,
       l.attempt, l.detail
from scoreboard.match_settlement_ledger l
where ($1::text is null or l.organization_id = $1) and ($2::uuid is null or l.tournament_id = $2)
  and ($3::uuid is null or l.match_id = $3) and ($4::text is null or l.status = $4)
  and ($5::text is null or (l.organization_id, l.tournament_id, l.seq) < ($5, $6, $7))
order by l.organization_id desc, l.tournament_id desc, l.seq desc
limit $8
