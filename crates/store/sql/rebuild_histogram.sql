-- rebuild_histogram: counts the lines of a tournament's board anew, by their points.
-- $1 text organization; $2 uuid tournament.
-- Behind rebuild_lines, whose lines it sees.
with counted as materialized (
  select e.points_e4, count(*) as members from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 group by e.points_e4
), gone as (
  update scoreboard.histograms h set members = 0
  where h.organization_id = $1 and h.board_id = $2 and h.members <> 0
    and not exists (select from counted c where c.points_e4 = h.points_e4)
  returning h.points_e4
), written as (
  insert into scoreboard.histograms as h (organization_id, board_id, points_e4, members)
  select $1, $2, c.points_e4, c.members from counted c order by c.points_e4
  on conflict (organization_id, board_id, points_e4) do update set members = excluded.members
    where h.members <> excluded.members
  returning h.points_e4
), raised as (
  update scoreboard.tournaments t set revision = t.revision + 1
  where t.organization_id = $1 and t.id = $2
    and (exists (select from gone) or exists (select from written))
)
select (select count(*) from gone) as gone, (select count(*) from written) as written
