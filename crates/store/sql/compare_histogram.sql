-- compare_histogram: numbers of points that a board's histogram has with other members than the
-- board. $1 text organization; $2 uuid board; $3 int8 most rows.
with counted as (
  select e.points_e4, count(*) as members from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 group by e.points_e4
), stored as (
  select h.points_e4, h.members from scoreboard.histograms h
  where h.organization_id = $1 and h.board_id = $2
)
select coalesce(s.points_e4, c.points_e4) as points_e4, coalesce(s.members, 0) as stored,
       coalesce(c.members, 0) as members
from stored s full join counted c on c.points_e4 = s.points_e4
where coalesce(s.members, 0) <> coalesce(c.members, 0)
order by 1 limit $3
