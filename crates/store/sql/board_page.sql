-- board_page: lines of a board in its order, with what their ranks follow from.
-- $1 text organization; $2 uuid board; $3 int8 standing, $4 timestamptz time of joining and
-- $5 text member of the line before, or null each; $6 int8 most lines; $7 int8 most that are
-- counted of those tied with the first line; $8 int8 what a ten-thousandth of a point weighs in
-- a standing.
-- The histogram of the same moment is read once: for members of the board and above the first
-- line, and for how many are tied with each line; between the first and the last one there are
-- no other points than the lines'. A line whose points it does not have, which the daily check
-- finds, is shown as if nobody was tied with it.
with page as (
  select e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
  from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 and (e.standing, e.joined_at, e.member_id)
    > (coalesce($3, -9223372036854775808), coalesce($4, '-infinity'), coalesce($5, ''))
  order by e.standing, e.joined_at, e.member_id limit $6
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
      where e.organization_id = $1 and e.board_id = $2 and e.standing > -(f.points_e4 + 1) * $8
        and (e.standing, e.joined_at, e.member_id) < (f.standing, f.joined_at, f.member_id)
      limit $7
    ) earlier
  )
  from (select p.* from page p order by p.standing, p.joined_at, p.member_id limit 1) f
) as before
from board b cross join page p
order by p.standing, p.joined_at, p.member_id
