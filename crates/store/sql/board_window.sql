-- board_window: members of a tournament, or of a league, with what they have of some rounds
-- alone, in no order. $1 text organization; $2 uuid tournament; $3 uuid league, or null;
-- $4 text[] rounds; $5 int8 most members; $6 int8 most settlements.
-- Of each settlement the members' entries of points are looked up together, by an array that
-- the index is walked along: of many members of a large tournament few leaves are read, of a
-- small one each once. Of more settlements than that none is.
with who as (
  (select e.member_id, e.joined_at from scoreboard.entries e
   where $3::uuid is null and e.organization_id = $1 and e.board_id = $2 limit $5)
  union all
  (select m.member_id, e.joined_at
   from (
     select l.member_id from scoreboard.league_members l
     where l.organization_id = $1 and l.tournament_id = $2 and l.league_id = $3 limit $5
   ) m
   join scoreboard.entries e
     on e.organization_id = $1 and e.board_id = $2 and e.member_id = m.member_id)
), settled as materialized (
  select l.seq from scoreboard.matches m
  join scoreboard.match_settlement_ledger l on l.organization_id = $1 and l.tournament_id = $2
    and l.match_id = m.id and l.status = 'applied'
  where m.organization_id = $1 and m.tournament_id = $2 and m.round = any($4) limit $6 + 1
), counted as materialized (
  select count(*) as settlements from settled
), named as materialized (
  select array_agg(w.member_id order by w.member_id) as members from who w
), given as (
  select p.member_id, sum(p.points_e4)::int8 as points_e4, sum(p.exact_hits)::int4 as exact_hits,
         sum(p.right_outcomes)::int4 as right_outcomes
  from settled s cross join lateral (
    select e.* from scoreboard.point_entries e
    where e.organization_id = $1 and e.tournament_id = $2 and e.seq = s.seq
      and e.member_id = any((select n.members from named n)::text[])
    offset 0
  ) p
  where (select c.settlements from counted c) <= $6
  group by p.member_id
)
select w.member_id, coalesce(g.points_e4, 0) as points_e4, coalesce(g.exact_hits, 0) as exact_hits,
       coalesce(g.right_outcomes, 0) as right_outcomes, w.joined_at, c.settlements
from who w cross join counted c
left join given g on g.member_id = w.member_id
