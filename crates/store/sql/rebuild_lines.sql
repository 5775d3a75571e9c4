-- rebuild_lines: makes the lines of a tournament's board of its members and of the entries of
-- points that count. $1 text organization; $2 uuid tournament; $3 int8 weight of points_e4 in a
-- standing, $4 int8 of an exact hit, $5 int8 of a right outcome.
-- The tournament is locked: nobody else writes lines of it. Only those that are others are
-- written, sorted by key.
with given as (
  select p.member_id, sum(p.points_e4)::int8 as points_e4, sum(p.exact_hits)::int8 as exact_hits,
         sum(p.right_outcomes)::int8 as right_outcomes
  from scoreboard.match_settlement_ledger l
  cross join lateral (
    select e.* from scoreboard.point_entries e
    where e.organization_id = $1 and e.tournament_id = $2 and e.seq = l.seq offset 0
  ) p
  where l.organization_id = $1 and l.tournament_id = $2 and l.status = 'applied'
  group by p.member_id
), line as (
  select m.member_id, m.joined_at, coalesce(v.points_e4, 0) as points_e4,
         coalesce(v.exact_hits, 0) as exact_hits, coalesce(v.right_outcomes, 0) as right_outcomes
  from scoreboard.members m left join given v on v.member_id = m.member_id
  where m.organization_id = $1 and m.tournament_id = $2
), standing as (
  select l.*, -($3 * l.points_e4 + $4 * l.exact_hits + $5 * l.right_outcomes) as standing
  from line l
), gone as (
  delete from scoreboard.entries e
  where e.organization_id = $1 and e.board_id = $2 and not exists (
    select from scoreboard.members m
    where m.organization_id = $1 and m.tournament_id = $2 and m.member_id = e.member_id
  )
  returning e.member_id
), written as (
  insert into scoreboard.entries
    (organization_id, board_id, member_id, points_e4, exact_hits, right_outcomes, standing,
     joined_at)
  select $1, $2, s.member_id, s.points_e4, s.exact_hits, s.right_outcomes, s.standing, s.joined_at
  from standing s
  left join scoreboard.entries e
    on e.organization_id = $1 and e.board_id = $2 and e.member_id = s.member_id
  where (e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at)
    is distinct from (s.points_e4, s.exact_hits, s.right_outcomes, s.standing, s.joined_at)
  order by s.member_id
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
