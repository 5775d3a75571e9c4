-- board_window: members of a tournament, or of a league, with what they have of some rounds
-- alone, in no order. $1 text organization; $2 uuid tournament; $3 uuid league, or null;
-- $4 text[] rounds; $5 int8 most members; $6 int8 most settlements.
-- Each member's entries of points are looked up, settlement by settlement: never all that one
-- gave, however many others it was. Of more settlements than that none is.
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
)
select w.member_id, coalesce(p.points_e4, 0) as points_e4, coalesce(p.exact_hits, 0) as exact_hits,
       coalesce(p.right_outcomes, 0) as right_outcomes, w.joined_at, c.settlements
from who w cross join counted c
left join lateral (
  select sum(e.points_e4)::int8 as points_e4, sum(e.exact_hits)::int4 as exact_hits,
         sum(e.right_outcomes)::int4 as right_outcomes
  from settled s cross join lateral (
    select p.* from scoreboard.point_entries p
    where p.organization_id = $1 and p.tournament_id = $2 and p.seq = s.seq
      and p.member_id = w.member_id
    offset 0
  ) e
) p on c.settlements <= $6
