-- read_tournament: how a board of a tournament is shown, and which state of it.
-- $1 text organization; $2 uuid tournament; $3 uuid board: the tournament, or a league of it.
-- The sum of two numbers that only grow is another once one of them is.
select t.ranking, t.tie_breaks, t.revision + b.changes as revision
from scoreboard.tournaments t
join scoreboard.boards b on b.organization_id = t.organization_id and b.id = $3
where t.organization_id = $1 and t.id = $2
