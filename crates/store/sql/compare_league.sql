-- compare_league: lines of the board that a league keeps against its members and their lines of
-- the tournament's board; the first that differ, and how many. A row of nulls where none does.
-- $1 text organization; $2 uuid tournament; $3 uuid league; $4 text the member before, or the
-- empty text; $5 int8 most members; $6 int8 most rows.
-- Behind the last member there is no other name: none begins with a tilde, which sorts last.
with last as materialized (
  select (
    select m.member_id from scoreboard.league_members m
    where m.organization_id = $1 and m.tournament_id = $2 and m.league_id = $3
      and m.member_id > $4
    order by m.member_id offset $5 - 1 limit 1
  ) as member_id
), upto as materialized (
  select l.member_id, coalesce(l.member_id, '~') collate "C" as bound from last l
), expected as (
  select m.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing, e.joined_at
  from scoreboard.league_members m cross join upto u
  left join scoreboard.entries e
    on e.organization_id = $1 and e.board_id = $2 and e.member_id = m.member_id
  where m.organization_id = $1 and m.tournament_id = $2 and m.league_id = $3
    and m.member_id > $4 and m.member_id <= u.bound
), line as (
  select e.* from scoreboard.entries e cross join upto u
  where e.organization_id = $1 and e.board_id = $3
    and e.member_id > $4 and e.member_id <= u.bound
), compared as materialized (
  select coalesce(x.member_id, e.member_id) as member_id,
         e.points_e4 as stored_points_e4, e.exact_hits::int8 as stored_exact_hits,
         e.right_outcomes::int8 as stored_right_outcomes, x.points_e4,
         x.exact_hits::int8 as exact_hits, x.right_outcomes::int8 as right_outcomes,
         x.member_id is null or e.member_id is null
           or (e.points_e4, e.exact_hits, e.right_outcomes, e.joined_at, e.standing)
             is distinct from
             (x.points_e4, x.exact_hits, x.right_outcomes, x.joined_at, x.standing) as differs
  from expected x full join line e on e.member_id = x.member_id
)
select u.member_id as upto, (select count(*) from compared) as looked,
       (select count(*) from compared c where c.differs) as found, 0::int8 as unproven,
       d.member_id, d.stored_points_e4, d.stored_exact_hits, d.stored_right_outcomes,
       d.points_e4, d.exact_hits, d.right_outcomes
from upto u
left join lateral (
  select c.* from compared c where c.differs order by c.member_id limit $6
) d on true
order by d.member_id
