-- rebuild_leagues: makes the lines of the boards that leagues of a tournament keep of their
-- members and of the tournament's own lines. $1 text organization; $2 uuid tournament.
-- Behind rebuild_lines, whose lines it sees. Whoever enters such a league or leaves it waits for
-- the tournament.
with league as (
  select l.id from scoreboard.leagues l
  where l.organization_id = $1 and l.tournament_id = $2 and l.board
), line as (
  select l.id as board_id, e.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing,
         e.joined_at
  from league l
  join scoreboard.league_members m
    on m.organization_id = $1 and m.tournament_id = $2 and m.league_id = l.id
  join scoreboard.entries e
    on e.organization_id = $1 and e.board_id = $2 and e.member_id = m.member_id
), gone as (
  delete from scoreboard.entries e using league l
  where e.organization_id = $1 and e.board_id = l.id and not exists (
    select from scoreboard.league_members m
    where m.organization_id = $1 and m.tournament_id = $2 and m.league_id = l.id
      and m.member_id = e.member_id
  )
  returning e.member_id
), written as (
  insert into scoreboard.entries
    (organization_id, board_id, member_id, points_e4, exact_hits, right_outcomes, standing,
     joined_at)
  select $1, n.board_id, n.member_id, n.points_e4, n.exact_hits, n.right_outcomes, n.standing,
         n.joined_at
  from line n
  left join scoreboard.entries e
    on e.organization_id = $1 and e.board_id = n.board_id and e.member_id = n.member_id
  where (e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at)
    is distinct from (n.points_e4, n.exact_hits, n.right_outcomes, n.standing, n.joined_at)
  order by n.board_id, n.member_id
  on conflict (organization_id, board_id, member_id) do update set
    points_e4 = excluded.points_e4, exact_hits = excluded.exact_hits,
    right_outcomes = excluded.right_outcomes, standing = excluded.standing,
    joined_at = excluded.joined_at
  returning member_id
), raised as (
  update scoreboard.tournaments t set revision = t.revision + 1
  where t.organization_id = $1 and t.id = $2
    and (exists (select from gone) or exists (select from written))
)
select (select count(*) from gone) as gone, (select count(*) from written) as written
