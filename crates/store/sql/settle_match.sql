-- settle_match: gives members what their guesses about a match earn now, less what settlements
-- of it gave before: entries of points, board, histogram, ledger, match and event.
-- $1 text organization; $2 uuid tournament; $3 uuid match; $4 int4 version of the result;
-- $5 timestamptz kickoff; $6 int8 the entry that counted, or null; $7 text SHA-256 of the result
-- in hexadecimal; $8 text result in canonical form; $9 int2[] which award each score earns, from
-- 1, in the order of scores: 0:0, 0:1, to 99:99; $10 int8[] points_e4, $11 int2[] exact hits and
-- $12 int2[] right outcomes of each award; $13 int8 weight of points_e4 in a standing, $14 int8
-- of an exact hit, $15 int8 of a right outcome; $16 uuid job; $17 int4 attempt; $18 text request
-- id or null.
-- Behind in_order. The tournament is locked: nobody else writes its entries, nor its boards but
-- for who joins, who adds to one row of the histogram. So nothing waits in a circle. Everything
-- goes by the names of members: entries of points are then added to their index at its end
-- alone, and the lines of a board are found, written and indexed next to each other.
-- Guesses are read once. What was given before is looked up entry by entry of the ledger: of a
-- match that was not settled yet nothing is read, however much other matches gave.
-- Rows that change are told by the update itself, which alone sees what it changes. The parts
-- of the histogram that shrink are updated and those that grow upserted: an upsert is checked
-- before it finds its row, and a negative number of members is refused.
-- Boards that leagues keep change in a part of its own, which is left out at once where there
-- are none: the tournament's is planned by itself. Who is on them is in those entries alone.
with guessed as (
  select g.member_id, ($10::int8[])[a.award] as points_e4, ($11::int2[])[a.award] as exact_hits,
         ($12::int2[])[a.award] as right_outcomes
  from scoreboard.guesses g
  cross join lateral (select ($9::int2[])[g.home * 100 + g.away + 1] as award) a
  where g.organization_id = $1 and g.tournament_id = $2 and g.match_id = $3 and g.stored_at < $5
), before as (
  select p.member_id, sum(p.points_e4)::int8 as points_e4, sum(p.exact_hits)::int2 as exact_hits,
         sum(p.right_outcomes)::int2 as right_outcomes
  from scoreboard.match_settlement_ledger l
  cross join lateral (
    select e.* from scoreboard.point_entries e
    where e.organization_id = $1 and e.tournament_id = $2 and e.seq = l.seq offset 0
  ) p
  where l.organization_id = $1 and l.tournament_id = $2 and l.match_id = $3
    and l.status = 'applied'
  group by p.member_id
), looked_at as materialized (
  select member_id, g.member_id is not null as counts,
         coalesce(g.points_e4, 0) - coalesce(b.points_e4, 0) as points_e4,
         coalesce(g.exact_hits, 0) - coalesce(b.exact_hits, 0) as exact_hits,
         coalesce(g.right_outcomes, 0) - coalesce(b.right_outcomes, 0) as right_outcomes
  from guessed g full join before b using (member_id)
  order by member_id
), changed as not materialized (
  select l.* from looked_at l where (l.points_e4, l.exact_hits, l.right_outcomes) <> (0, 0, 0)
), given as (
  insert into scoreboard.point_entries
    (organization_id, tournament_id, seq, member_id, points_e4, exact_hits, right_outcomes)
  select $1, $2, (select t.ledger_seq + 1 from scoreboard.tournaments t
                  where t.organization_id = $1 and t.id = $2), c.member_id,
         c.points_e4, c.exact_hits, c.right_outcomes
  from changed c order by c.member_id
), sums as (
  select (select count(*) from looked_at l where l.counts) as guesses, count(*) as members,
         coalesce(sum(c.points_e4), 0) as points_e4, coalesce(sum(c.exact_hits), 0) as exact_hits,
         coalesce(sum(c.right_outcomes), 0) as right_outcomes
  from changed c
), moved as (
  update scoreboard.entries e set
    points_e4 = e.points_e4 + c.points_e4,
    exact_hits = e.exact_hits + c.exact_hits,
    right_outcomes = e.right_outcomes + c.right_outcomes,
    standing = e.standing
      - ($13 * c.points_e4 + $14 * c.exact_hits + $15 * c.right_outcomes)
  from changed c
  where e.organization_id = $1 and e.board_id = $2 and e.member_id = c.member_id
  returning old.points_e4 as was_e4, new.points_e4 as is_e4
), kept as (
  select array(
    select l.id from scoreboard.leagues l
    where l.organization_id = $1 and l.tournament_id = $2 and l.board
  ) as boards
), moved_in_leagues as (
  update scoreboard.entries e set
    points_e4 = e.points_e4 + c.points_e4,
    exact_hits = e.exact_hits + c.exact_hits,
    right_outcomes = e.right_outcomes + c.right_outcomes,
    standing = e.standing
      - ($13 * c.points_e4 + $14 * c.exact_hits + $15 * c.right_outcomes)
  from changed c
  where (select cardinality(k.boards) > 0 from kept k)
    and e.organization_id = $1 and e.board_id = any((select k.boards from kept k)::uuid[])
    and e.member_id = c.member_id
  returning e.board_id, old.points_e4 as was_e4, new.points_e4 as is_e4
), paths as (
  select $2 as board_id, was_e4, is_e4, count(*) as members from moved group by was_e4, is_e4
  union all
  select board_id, was_e4, is_e4, count(*) from moved_in_leagues group by board_id, was_e4, is_e4
), moves as (
  select m.board_id, m.points_e4, sum(m.change)::int8 as change from (
    select board_id, was_e4 as points_e4, -members as change from paths
    union all select board_id, is_e4, members from paths
  ) m
  group by m.board_id, m.points_e4 having sum(m.change) <> 0
), shrunk as (
  update scoreboard.histograms h set members = h.members + m.change
  from moves m
  where h.organization_id = $1 and h.board_id = m.board_id and h.points_e4 = m.points_e4
    and m.change < 0
  returning h.points_e4
), grown as (
  insert into scoreboard.histograms as h (organization_id, board_id, points_e4, members)
  select $1, m.board_id, m.points_e4, m.change
  from moves m where m.change > 0 order by m.board_id, m.points_e4
  on conflict (organization_id, board_id, points_e4) do update
    set members = h.members + excluded.members
), entered as (
  insert into scoreboard.match_settlement_ledger
    (organization_id, tournament_id, entry, result, job_id, attempt)
  select $1, $2, format(
      '{"matchId":"%s","resultVersion":%s,"status":"applied","resultHash":"%s","guesses":%s,'
      '"members":%s,"change":{"points":%s,"exactHits":%s,"rightOutcomes":%s},"previous":%s}',
      $3, $4, $7, s.guesses, s.members, trim_scale(s.points_e4 * 0.0001), s.exact_hits,
      s.right_outcomes, coalesce($6::text, 'null')), $8, $16, $17
  from sums s
  returning seq
), settled as (
  update scoreboard.matches m set settled_version = $4
  where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
), told as (
  insert into jobs.event_outbox (type, organization_id, data, job_id, request_id)
  select 'scoreboard.MatchSettled', $1, jsonb_build_object('tournamentId', $2, 'matchId', $3,
    'resultVersion', $4, 'seq', l.seq, 'guesses', s.guesses, 'members', s.members), $16, $18
  from entered l cross join sums s
)
select scoreboard.refuse(s.members <> (select count(*) from moved), 'settlement_not_on_board')::text
         as board,
       scoreboard.refuse((select count(*) from shrunk)
         <> (select count(*) from moves m where m.change < 0), 'settlement_not_in_histogram')::text
         as histogram
from sums s
