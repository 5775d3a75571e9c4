-- drifts: what the newest check of each tournament has found, in the order of their keys.
-- $1 text organization and $2 uuid tournament of the one before, or null; $3 boolean only those
-- with differences; $4 int8 most rows.
select d.organization_id, d.tournament_id, t.name, d.checked_at, d.ledger_seq, d.differences,
       d.detail
from scoreboard.drift d
join scoreboard.tournaments t on t.organization_id = d.organization_id and t.id = d.tournament_id
where ($1 is null or (d.organization_id, d.tournament_id) > ($1, $2))
  and (not $3 or d.differences > 0)
order by d.organization_id, d.tournament_id limit $4
