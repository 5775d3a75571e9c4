-- enter_league: members enter a league, where they have not. $1 text organization; $2 uuid
-- tournament; $3 uuid league; $4 text[] members, sorted.
insert into scoreboard.league_members (organization_id, tournament_id, league_id, member_id)
select $1, $2, $3, n.member from unnest($4::text[]) n(member)
order by n.member collate "C"
on conflict do nothing
returning member_id
