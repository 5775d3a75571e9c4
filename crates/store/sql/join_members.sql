-- join_members: members join a tournament, where they have not; its board has them from then on.
-- $1 text organization; $2 uuid tournament; $3 text[] members, sorted.
insert into scoreboard.members (organization_id, tournament_id, member_id)
select $1, $2, n.member from unnest($3::text[]) n(member)
order by n.member collate "C"
on conflict do nothing
returning member_id
