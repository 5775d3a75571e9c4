-- leave_league: a member leaves a league. $1 text organization; $2 uuid tournament; $3 uuid
-- league; $4 text member.
delete from scoreboard.league_members m
where m.organization_id = $1 and m.tournament_id = $2 and m.league_id = $3 and m.member_id = $4
returning m.member_id
