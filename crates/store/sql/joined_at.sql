-- joined_at: when a member joined a tournament. $1 text organization; $2 uuid tournament; $3 text
-- member.
select m.joined_at from scoreboard.members m
where m.organization_id = $1 and m.tournament_id = $2 and m.member_id = $3
