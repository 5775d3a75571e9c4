-- Members of a board whose totals are not the sum of their entries of points, and parts of
-- its histogram that have other members than the board.
-- $1 text organization; $2 uuid tournament.
with given as (
  select p.member_id, sum(p.points_e4) as points_e4, sum(p.exact_hits) as exact_hits,
         sum(p.right_outcomes) as right_outcomes
  from scoreboard.point_entries p
  where p.organization_id = $1 and p.tournament_id = $2 group by p.member_id
), counted as (
  select e.points_e4, count(*) as members from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 group by e.points_e4
)
select (
    select count(*) from scoreboard.entries e left join given g using (member_id)
    where e.organization_id = $1 and e.board_id = $2
      and (e.points_e4, e.exact_hits, e.right_outcomes) is distinct from (coalesce(g.points_e4, 0),
        coalesce(g.exact_hits, 0), coalesce(g.right_outcomes, 0))
  ) + (
    select count(*) from counted c full join (
      select h.points_e4, h.members from scoreboard.histograms h
      where h.organization_id = $1 and h.board_id = $2 and h.members > 0
    ) h using (points_e4)
    where c.members is distinct from h.members
  )
