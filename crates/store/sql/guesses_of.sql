-- guesses_of: a member's guesses by kickoff, with what settlements of the match gave; one row
-- without a match where there are none. $1 text organization; $2 uuid tournament; $3 text member;
-- $4 timestamptz, $5 uuid the last match seen, or null; $6 int8 most rows.
select g.*
from scoreboard.members p
left join lateral (
  select m.id, m.round, m.kickoff, m.status, m.settled_version, g.home, g.away, g.stored_at,
         e.points_e4, e.exact_hits, e.right_outcomes
  from scoreboard.matches m
  join scoreboard.guesses g on g.organization_id = m.organization_id
    and g.tournament_id = m.tournament_id and g.match_id = m.id and g.member_id = p.member_id
  cross join lateral (
    select coalesce(sum(e.points_e4), 0)::int8 as points_e4,
           coalesce(sum(e.exact_hits), 0)::int8 as exact_hits,
           coalesce(sum(e.right_outcomes), 0)::int8 as right_outcomes
    from scoreboard.match_settlement_ledger l
    join scoreboard.point_entries e on e.organization_id = l.organization_id
      and e.tournament_id = l.tournament_id and e.seq = l.seq and e.member_id = p.member_id
    where l.organization_id = m.organization_id and l.match_id = m.id and l.status = 'applied'
  ) e
  where m.organization_id = p.organization_id and m.tournament_id = p.tournament_id
    and ($4::timestamptz is null or (m.kickoff, m.id) > ($4, $5))
  order by m.kickoff, m.id
  limit $6
) g on true
where p.organization_id = $1 and p.tournament_id = $2 and p.member_id = $3
order by g.kickoff, g.id
