-- board_around: a member's line of a board with those above and below it, and what their ranks
-- follow from, as in board_page.
-- $1 text organization; $2 uuid board; $3 text member; $4 int8 most lines above; $5 int8 most
-- lines below; $6 int8 most that are counted of those tied with the first line; $7 int8 what a
-- ten-thousandth of a point weighs in a standing.
with own as (
  select e.standing, e.joined_at, e.member_id
  from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 and e.member_id = $3
), page as (
  (select e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
   from scoreboard.entries e
   where e.organization_id = $1 and e.board_id = $2
     and (e.standing, e.joined_at, e.member_id) < (select o.* from own o)
   order by e.standing desc, e.joined_at desc, e.member_id desc limit $4)
  union all
  (select e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
   from scoreboard.entries e
   where e.organization_id = $1 and e.board_id = $2
     and (e.standing, e.joined_at, e.member_id) >= (select o.* from own o)
   order by e.standing, e.joined_at, e.member_id limit $5 + 1)
  order by standing, joined_at, member_id
), board as (
  select coalesce(sum(h.members), 0)::int8 as members,
         coalesce(sum(h.members) filter (where h.points_e4 > l.most_e4), 0)::int8 as above,
         count(*) filter (where h.points_e4 > l.most_e4 and h.members > 0) as above_distinct,
         array_agg(h.points_e4) filter (where h.points_e4 between l.least_e4 and l.most_e4)
           as points_e4,
         array_agg(h.members) filter (where h.points_e4 between l.least_e4 and l.most_e4) as tied
  from (select max(p.points_e4) as most_e4, min(p.points_e4) as least_e4 from page p) l
  cross join scoreboard.histograms h
  where h.organization_id = $1 and h.board_id = $2
)
select p.*, coalesce(b.tied[array_position(b.points_e4, p.points_e4)], 1) as tied,
       b.members, b.above, b.above_distinct, (
  select (
    select count(*) from (
      select from scoreboard.entries e
      where e.organization_id = $1 and e.board_id = $2 and e.standing > -(f.points_e4 + 1) * $7
        and (e.standing, e.joined_at, e.member_id) < (f.standing, f.joined_at, f.member_id)
      limit $6
    ) earlier
  )
  from (select p.* from page p order by p.standing, p.joined_at, p.member_id limit 1) f
) as before
from board b cross join page p
order by p.standing, p.joined_at, p.member_id
