-- closed_tournament: whether a tournament is there and takes anything.
-- $1 text organization; $2 uuid tournament.
select t.closed_at from scoreboard.tournaments t where t.organization_id = $1 and t.id = $2
