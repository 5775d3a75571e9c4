-- leagues: one of a tournament's leagues, or those made before one, newest first; one row without
-- an id where there are none. $1 text organization; $2 uuid tournament; $3 uuid the one, or null
-- for all; $4 uuid last one seen, or null; $5 int8 most rows.
select l.*
from scoreboard.tournaments t
left join lateral (
  select l.id, l.name, l.created_at, b.members
  from scoreboard.leagues l
  join scoreboard.boards b on b.organization_id = l.organization_id and b.id = l.id
  where l.organization_id = t.organization_id and l.tournament_id = t.id
    and ($3::uuid is null or l.id = $3) and ($4::uuid is null or l.id < $4)
  order by l.id desc
  limit $5
) l on true
where t.organization_id = $1 and t.id = $2
order by l.id desc
