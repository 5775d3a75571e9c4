-- not_members: who of these is no member of a tournament. $1 text organization; $2 uuid
-- tournament; $3 text[] members. Who is one stays so.
select n.member from unnest($3::text[]) n(member)
where not exists (
  select from scoreboard.members m
  where m.organization_id = $1 and m.tournament_id = $2 and m.member_id = n.member
)
order by n.member collate "C"
