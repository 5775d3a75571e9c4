-- board_around: a member's line of a board with those above and below it, and what their ranks
-- follow from, as in board_page.
-- $1 text organization; $2 uuid board; $3 text member; $4 int8 most lines above; $5 int8 most
-- lines below; $6 int8 most that are counted of those tied with the first line; $7 int8 what a
-- ten-thousandth of a point weighs in a standing.
with own as (
  select e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
  from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 and e.member_id = $3
), page as (
  select o.* from own o
  union all
  select a.* from own o cross join lateral (
    select e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
    from scoreboard.entries e
    where e.organization_id = $1 and e.board_id = $2
      and (e.standing, e.joined_at, e.member_id) < (o.standing, o.joined_at, o.member_id)
    order by e.standing desc, e.joined_at desc, e.member_id desc limit $4
  ) a
  union all
  select b.* from own o cross join lateral (
    select e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
    from scoreboard.entries e
    where e.organization_id = $1 and e.board_id = $2
      and (e.standing, e.joined_at, e.member_id) > (o.standing, o.joined_at, o.member_id)
    order by e.standing, e.joined_at, e.member_id limit $5
  ) b
), first as (
  select p.* from page p order by p.standing, p.joined_at, p.member_id limit 1
), above as materialized (
  select sum(h.members)::int8 as members,
         coalesce(sum(h.members) filter (where h.points_e4 > f.points_e4), 0)::int8 as above,
         count(*) filter (where h.points_e4 > f.points_e4 and h.members > 0) as above_distinct
  from scoreboard.histograms h cross join first f
  where h.organization_id = $1 and h.board_id = $2
), tied as materialized (
  select t.before from first f cross join lateral (
    select count(*) as before from (
      select from scoreboard.entries e
      where e.organization_id = $1 and e.board_id = $2 and e.standing > -(f.points_e4 + 1) * $7
        and (e.standing, e.joined_at, e.member_id) < (f.standing, f.joined_at, f.member_id)
      limit $6
    ) earlier
  ) t
)
select p.*, h.members as tied, a.members, a.above, a.above_distinct, t.before
from above a cross join tied t cross join page p
join scoreboard.histograms h
  on h.organization_id = $1 and h.board_id = $2 and h.points_e4 = p.points_e4
order by p.standing, p.joined_at, p.member_id
