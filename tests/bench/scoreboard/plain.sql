-- The smallest transaction by hand that settles a match: what guesses earn is computed by the
-- statement, for a first result, the default rules and order alone.
-- $1 text organization; $2 uuid tournament; $3 uuid match; $4 int4 goals of the home team and
-- $5 int4 of the other; $6 int8 weight of points in a standing, $7 int8 of an exact hit,
-- $8 int8 of a right outcome.
with given as (
  insert into scoreboard.point_entries
    (organization_id, tournament_id, seq, member_id, points_e4, exact_hits, right_outcomes)
  select $1, $2, (select t.ledger_seq + 1 from scoreboard.tournaments t
                  where t.organization_id = $1 and t.id = $2), g.member_id,
         case when g.home = $4 and g.away = $5 then 50000
              when g.home - g.away = $4 - $5 then 30000 else 20000 end,
         (g.home = $4 and g.away = $5)::int::int2, 1
  from scoreboard.guesses g
  join scoreboard.matches m on m.organization_id = $1 and m.id = $3 and g.stored_at < m.kickoff
  where g.organization_id = $1 and g.match_id = $3 and g.tournament_id = $2
    and sign(g.home - g.away) = sign($4 - $5)
  order by g.member_id
  returning member_id, points_e4, exact_hits, right_outcomes
), moved as (
  update scoreboard.entries e set
    points_e4 = e.points_e4 + g.points_e4,
    exact_hits = e.exact_hits + g.exact_hits,
    right_outcomes = e.right_outcomes + g.right_outcomes,
    standing = e.standing - ($6 * g.points_e4 + $7 * g.exact_hits + $8 * g.right_outcomes)
  from given g
  where e.organization_id = $1 and e.board_id = $2 and e.member_id = g.member_id
  returning old.points_e4 as was_e4, new.points_e4 as is_e4
), moves as (
  select m.points_e4, sum(m.change)::int8 as change from (
    select was_e4 as points_e4, -count(*) as change from moved group by was_e4
    union all select is_e4, count(*) from moved group by is_e4
  ) m
  group by m.points_e4 having sum(m.change) <> 0
), shown as (
  merge into scoreboard.histograms h using moves m
    on h.organization_id = $1 and h.board_id = $2 and h.points_e4 = m.points_e4
  when matched then update set members = h.members + m.change
  when not matched then insert (organization_id, board_id, points_e4, members)
    values ($1, $2, m.points_e4, m.change)
), entered as (
  insert into scoreboard.match_settlement_ledger
    (organization_id, tournament_id, entry, result, job_id, attempt)
  select $1, $2, format('{"matchId":"%s","resultVersion":1,"status":"applied","members":%s,'
      '"previous":null}', $3, count(*)), '{}', gen_random_uuid(), 1
  from given
)
update scoreboard.matches m set settled_version = 1
where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
