-- hold_league: a league, which stays until the end of the transaction. $1 text organization;
-- $2 uuid tournament; $3 uuid league.
select l.id from scoreboard.leagues l
where l.organization_id = $1 and l.tournament_id = $2 and l.id = $3
for key share
