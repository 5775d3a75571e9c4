-- settled_match: a match with its settlements, each with what its entries of points add up to; a
-- row of nulls of one without any. $1 text organization; $2 uuid tournament; $3 uuid the match
-- before, or null; $4 uuid the match itself, or null.
-- One statement: what the match says is settled is what its ledger is compared with.
with found as (
  select m.* from scoreboard.matches m
  where m.organization_id = $1 and m.tournament_id = $2
    and m.id >= coalesce($4, $3, '00000000-0000-0000-0000-000000000000')
    and ($4 is null or m.id = $4) and ($3 is null or m.id > $3)
  order by m.id limit 1
)
select m.id, m.round, m.kickoff, m.status, m.result, m.result_version, m.settled_version,
       m.last_checked_at, m.ended_at, m.next_check_at, t.rules,
       l.seq, l.entry, l.result as settled_result, s.members, s.points_e4, s.exact_hits,
       s.right_outcomes
from found m
join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
left join scoreboard.match_settlement_ledger l
  on l.organization_id = m.organization_id and l.tournament_id = m.tournament_id
    and l.match_id = m.id
left join lateral (
  select count(*) as members, coalesce(sum(p.points_e4), 0)::int8 as points_e4,
         coalesce(sum(p.exact_hits), 0) as exact_hits,
         coalesce(sum(p.right_outcomes), 0) as right_outcomes
  from scoreboard.point_entries p
  where p.organization_id = $1 and p.tournament_id = $2 and p.seq = l.seq
) s on true
order by l.seq
