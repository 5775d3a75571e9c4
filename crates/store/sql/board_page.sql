-- board_page: lines of a board in its order, with what their ranks follow from.
-- $1 text organization; $2 uuid board; $3 int8 standing, $4 timestamptz time of joining and
-- $5 text member of the line before, or null each; $6 int8 most lines; $7 int8 most that are
-- counted of those tied with the first line; $8 int8 what a ten-thousandth of a point weighs in
-- a standing.
-- By the histogram of the same moment, once for the first line: members of the board and above
-- that line; and of each line how many are tied with it.
with page as (
  select e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
  from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 and (e.standing, e.joined_at, e.member_id)
    > (coalesce($3, -9223372036854775808), coalesce($4, '-infinity'), coalesce($5, ''))
  order by e.standing, e.joined_at, e.member_id limit $6
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
      where e.organization_id = $1 and e.board_id = $2 and e.standing > -(f.points_e4 + 1) * $8
        and (e.standing, e.joined_at, e.member_id) < (f.standing, f.joined_at, f.member_id)
      limit $7
    ) earlier
  ) t
)
select p.*, h.members as tied, a.members, a.above, a.above_distinct, t.before
from above a cross join tied t cross join page p
join scoreboard.histograms h
  on h.organization_id = $1 and h.board_id = $2 and h.points_e4 = p.points_e4
order by p.standing, p.joined_at, p.member_id
