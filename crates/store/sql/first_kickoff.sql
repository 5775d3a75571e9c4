-- first_kickoff: when a tournament began; null where it has no match.
-- $1 text organization; $2 uuid tournament.
select min(m.kickoff) as kickoff from scoreboard.matches m
where m.organization_id = $1 and m.tournament_id = $2
