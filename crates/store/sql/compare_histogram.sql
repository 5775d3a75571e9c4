-- compare_histogram: numbers of points that a board's histogram has with other members than the
-- board; first, without points, the members of the whole board where they are counted otherwise.
-- $1 text organization; $2 uuid board; $3 int8 most rows.
with counted as materialized (
  select e.points_e4, count(*) as members from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 group by e.points_e4
), stored as (
  select h.points_e4, h.members from scoreboard.histograms h
  where h.organization_id = $1 and h.board_id = $2
), differing as (
  select coalesce(s.points_e4, c.points_e4) as points_e4, coalesce(s.members, 0) as stored,
         coalesce(c.members, 0) as members
  from stored s full join counted c on c.points_e4 = s.points_e4
  where coalesce(s.members, 0) <> coalesce(c.members, 0)
  union all
  select null, b.members, c.members
  from scoreboard.boards b
  cross join (select coalesce(sum(c.members), 0)::int8 as members from counted c) c
  where b.organization_id = $1 and b.id = $2 and b.members <> c.members
)
select d.points_e4, d.stored, d.members from differing d
order by d.points_e4 nulls first limit $3
