-- read_tournament: how a tournament's board is shown. $1 text organization; $2 uuid tournament.
select t.ranking, t.tie_breaks, t.ledger_seq
from scoreboard.tournaments t where t.organization_id = $1 and t.id = $2
