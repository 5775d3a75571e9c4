-- rebuild_histogram: counts the lines of a tournament's board, and of those that its leagues
-- keep, anew: by their points, and in all. $1 text organization; $2 uuid tournament.
-- Behind the statements that make the lines, which it sees.
with board (id) as (
  select $2
  union all
  select l.id from scoreboard.leagues l
  where l.organization_id = $1 and l.tournament_id = $2 and l.board
), counted as materialized (
  select b.id as board_id, e.points_e4, count(*) as members
  from board b
  join scoreboard.entries e on e.organization_id = $1 and e.board_id = b.id
  group by b.id, e.points_e4
), gone as (
  update scoreboard.histograms h set members = 0
  from board b
  where h.organization_id = $1 and h.board_id = b.id and h.members <> 0
    and not exists (
      select from counted c where c.board_id = h.board_id and c.points_e4 = h.points_e4
    )
  returning h.points_e4
), written as (
  insert into scoreboard.histograms as h (organization_id, board_id, points_e4, members)
  select $1, c.board_id, c.points_e4, c.members from counted c order by c.board_id, c.points_e4
  on conflict (organization_id, board_id, points_e4) do update set members = excluded.members
    where h.members <> excluded.members
  returning h.points_e4
), recounted as (
  update scoreboard.boards b set members = c.members
  from (
    select b.id, coalesce(sum(c.members), 0)::int8 as members
    from board b left join counted c on c.board_id = b.id group by b.id
  ) c
  where b.organization_id = $1 and b.id = c.id and b.members <> c.members
  returning b.id
), raised as (
  update scoreboard.tournaments t set revision = t.revision + 1
  where t.organization_id = $1 and t.id = $2
    and (exists (select from gone) or exists (select from written)
      or exists (select from recounted))
)
select (select count(*) from gone) as gone, (select count(*) from written) as written
