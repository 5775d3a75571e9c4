-- count_matches: how many a tournament has. $1 text organization; $2 uuid tournament.
select count(*) as matches from scoreboard.matches m
where m.organization_id = $1 and m.tournament_id = $2
