-- compare_board: lines of a tournament's board against the members and what entries of points
-- add up to; the first that differ, and how many. A row of nulls where none does.
-- $1 text organization; $2 uuid tournament; $3 text the member before, or the empty text;
-- $4 int8 most members; $5 int8 weight of points_e4 in a standing, $6 int8 of an exact hit,
-- $7 int8 of a right outcome; $8 int8 most rows.
-- Behind the last member there is no other name: none begins with a tilde, which sorts last.
-- One statement, so that a settlement is in all that is compared or in nothing of it.
with last as materialized (
  select (
    select m.member_id from scoreboard.members m
    where m.organization_id = $1 and m.tournament_id = $2 and m.member_id > $3
    order by m.member_id offset $4 - 1 limit 1
  ) as member_id
), upto as materialized (
  select l.member_id, coalesce(l.member_id, '~') collate "C" as bound from last l
), given as (
  select p.member_id, sum(p.points_e4)::int8 as points_e4, sum(p.exact_hits)::int8 as exact_hits,
         sum(p.right_outcomes)::int8 as right_outcomes
  from scoreboard.match_settlement_ledger l cross join upto u
  cross join lateral (
    select e.* from scoreboard.point_entries e
    where e.organization_id = $1 and e.tournament_id = $2 and e.seq = l.seq
      and e.member_id > $3 and e.member_id <= u.bound offset 0
  ) p
  where l.organization_id = $1 and l.tournament_id = $2 and l.status = 'applied'
  group by p.member_id
), joined as (
  select m.member_id, m.joined_at from scoreboard.members m cross join upto u
  where m.organization_id = $1 and m.tournament_id = $2
    and m.member_id > $3 and m.member_id <= u.bound
), expected as (
  select coalesce(j.member_id, v.member_id) as member_id, j.joined_at,
         coalesce(v.points_e4, 0) as points_e4, coalesce(v.exact_hits, 0) as exact_hits,
         coalesce(v.right_outcomes, 0) as right_outcomes
  from joined j full join given v on v.member_id = j.member_id
), line as (
  select e.member_id, e.joined_at, e.points_e4, e.exact_hits, e.right_outcomes, e.standing
  from scoreboard.entries e cross join upto u
  where e.organization_id = $1 and e.board_id = $2
    and e.member_id > $3 and e.member_id <= u.bound
), compared as materialized (
  select coalesce(x.member_id, e.member_id) as member_id,
         e.points_e4 as stored_points_e4, e.exact_hits::int8 as stored_exact_hits,
         e.right_outcomes::int8 as stored_right_outcomes, x.points_e4, x.exact_hits,
         x.right_outcomes,
         (e.points_e4, e.exact_hits, e.right_outcomes, e.joined_at, e.standing)
           is distinct from (x.points_e4, x.exact_hits, x.right_outcomes, x.joined_at,
             -($5 * x.points_e4 + $6 * x.exact_hits + $7 * x.right_outcomes)) as differs
  from expected x full join line e on e.member_id = x.member_id
)
select u.member_id as upto, (select count(*) from compared) as looked,
       (select count(*) from compared c where c.differs) as found, 0::int8 as unproven,
       d.member_id, d.stored_points_e4, d.stored_exact_hits, d.stored_right_outcomes,
       d.points_e4, d.exact_hits, d.right_outcomes
from upto u
left join lateral (
  select c.* from compared c where c.differs order by c.member_id limit $8
) d on true
order by d.member_id
