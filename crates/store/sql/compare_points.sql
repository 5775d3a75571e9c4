-- compare_points: what members were given for a match up to an entry of the ledger, against what
-- their guesses earn; the first who differ, and how many. A row of nulls where nobody does.
-- $1 text organization; $2 uuid tournament; $3 uuid match; $4 int8 the newest entry that counts;
-- $5 int2[] which award each score earns, $6 int8[] points_e4, $7 int2[] exact hits and $8 int2[]
-- right outcomes of each award, as in settle_match; $9 text the member before, or the empty text;
-- $10 int8 most members who guessed; $11 int8 most rows.
-- Behind the last member there is no other name: none begins with a tilde, which sorts last.
-- A guess that was stored last after the kickoff earns nothing; whoever has points by one is
-- counted apart: what counted is not there any more.
with last as materialized (
  select (
    select g.member_id from scoreboard.guesses g
    where g.organization_id = $1 and g.tournament_id = $2 and g.match_id = $3 and g.member_id > $9
    order by g.member_id offset $10 - 1 limit 1
  ) as member_id
), upto as materialized (
  select l.member_id, coalesce(l.member_id, '~') collate "C" as bound from last l
), given as (
  select p.member_id, sum(p.points_e4)::int8 as points_e4, sum(p.exact_hits) as exact_hits,
         sum(p.right_outcomes) as right_outcomes
  from scoreboard.match_settlement_ledger l cross join upto u
  cross join lateral (
    select e.* from scoreboard.point_entries e
    where e.organization_id = $1 and e.tournament_id = $2 and e.seq = l.seq
      and e.member_id > $9 and e.member_id <= u.bound offset 0
  ) p
  where l.organization_id = $1 and l.tournament_id = $2 and l.match_id = $3
    and l.status = 'applied' and l.seq <= $4
  group by p.member_id
), guessed as (
  select g.member_id, g.stored_at < m.kickoff as counts,
         coalesce(($6::int8[])[a.award], 0) as points_e4,
         coalesce(($7::int2[])[a.award], 0)::int8 as exact_hits,
         coalesce(($8::int2[])[a.award], 0)::int8 as right_outcomes
  from scoreboard.guesses g cross join upto u
  join scoreboard.matches m
    on m.organization_id = $1 and m.tournament_id = $2 and m.id = g.match_id
  cross join lateral (
    select case when g.stored_at < m.kickoff
      then ($5::int2[])[g.home * 100 + g.away + 1] end as award
  ) a
  where g.organization_id = $1 and g.tournament_id = $2 and g.match_id = $3
    and g.member_id > $9 and g.member_id <= u.bound
), compared as materialized (
  select coalesce(g.member_id, v.member_id) as member_id,
         coalesce(v.points_e4, 0) as stored_points_e4,
         coalesce(v.exact_hits, 0)::int8 as stored_exact_hits,
         coalesce(v.right_outcomes, 0)::int8 as stored_right_outcomes,
         coalesce(g.points_e4, 0) as points_e4, coalesce(g.exact_hits, 0) as exact_hits,
         coalesce(g.right_outcomes, 0) as right_outcomes,
         not coalesce(g.counts, true) as is_late
  from guessed g full join given v on v.member_id = g.member_id
), differing as materialized (
  select c.* from compared c
  where (c.stored_points_e4, c.stored_exact_hits, c.stored_right_outcomes)
    <> (c.points_e4, c.exact_hits, c.right_outcomes)
)
select u.member_id as upto, (select count(*) from compared) as looked,
       (select count(*) from differing d where not d.is_late) as found,
       (select count(*) from differing d where d.is_late) as unproven,
       d.member_id, d.stored_points_e4, d.stored_exact_hits, d.stored_right_outcomes,
       d.points_e4, d.exact_hits, d.right_outcomes
from upto u
left join lateral (
  select d.* from differing d where not d.is_late order by d.member_id limit $11
) d on true
order by d.member_id
