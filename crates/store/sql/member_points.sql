-- member_points: entries of points of a member, oldest first, with the settlements that made
-- them, how many there are and what all of them add up to; nulls for the entry where none is
-- left. $1 text organization; $2 uuid tournament; $3 text member; $4 int8 the seq before; $5 int8
-- most entries.
-- An entry is looked up for each settlement that counts: of the 4,000 matches that a tournament
-- may have some 10 ms.
with mine as materialized (
  select l.seq, l.at, l.match_id, l.result_version, l.previous, l.result, p.points_e4,
         p.exact_hits, p.right_outcomes
  from scoreboard.match_settlement_ledger l
  cross join lateral (
    select e.* from scoreboard.point_entries e
    where e.organization_id = $1 and e.tournament_id = $2 and e.seq = l.seq and e.member_id = $3
  ) p
  where l.organization_id = $1 and l.tournament_id = $2 and l.status = 'applied'
), sums as (
  select count(*) as entries, coalesce(sum(m.points_e4), 0)::int8 as sum_e4,
         coalesce(sum(m.exact_hits), 0) as sum_exact, coalesce(sum(m.right_outcomes), 0) as sum_right
  from mine m
)
select s.entries, s.sum_e4, s.sum_exact, s.sum_right, m.seq, m.at, m.match_id, m.result_version,
       m.previous, m.result, m.points_e4, m.exact_hits, m.right_outcomes, t.round,
       t.external_id
from sums s
left join lateral (
  select m.* from mine m where m.seq > $4 order by m.seq limit $5
) m on true
left join scoreboard.matches t
  on t.organization_id = $1 and t.tournament_id = $2 and t.id = m.match_id
order by m.seq
