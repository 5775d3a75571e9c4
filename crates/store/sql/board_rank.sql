-- board_rank: a member's line of a board alone, and what its ranks follow from: what board_around
-- tells without lines above and below, for half of what that costs to be planned.
-- $1 text organization; $2 uuid board; $3 text member; $4 int8 most that are counted of those
-- tied with the line; $5 int8 what a ten-thousandth of a point weighs in a standing.
select o.member_id, o.points_e4, o.exact_hits, o.right_outcomes, o.standing, o.joined_at, b.*, (
  select count(*) from (
    select from scoreboard.entries e
    where e.organization_id = $1 and e.board_id = $2 and e.standing > -(o.points_e4 + 1) * $5
      and (e.standing, e.joined_at, e.member_id) < (o.standing, o.joined_at, o.member_id)
    limit $4
  ) earlier
) as before
from scoreboard.entries o
cross join lateral (
  select coalesce(sum(h.members), 0)::int8 as members,
         coalesce(sum(h.members) filter (where h.points_e4 > o.points_e4), 0)::int8 as above,
         count(*) filter (where h.points_e4 > o.points_e4 and h.members > 0) as above_distinct,
         coalesce(sum(h.members) filter (where h.points_e4 = o.points_e4), 1)::int8 as tied
  from scoreboard.histograms h
  where h.organization_id = $1 and h.board_id = $2
) b
where o.organization_id = $1 and o.board_id = $2 and o.member_id = $3
