-- matches: a tournament's matches by kickoff: all that is named must hold; one row without an id
-- where there are none. $1 text organization; $2 uuid tournament; $3 uuid match, $4 text round,
-- $5 text[] statuses, or null for any; $6 timestamptz, $7 uuid the last one seen, or null; $8 int8
-- most rows. A tournament has at most 4,000.
select m.*
from scoreboard.tournaments t
left join lateral (
  select m.id, m.external_id, m.round, m.home_team, m.away_team, m.kickoff, m.status, m.result,
         m.result_version, m.settled_version, m.last_checked_at, m.ended_at, m.next_check_at
  from scoreboard.matches m
  where m.organization_id = t.organization_id and m.tournament_id = t.id
    and ($3::uuid is null or m.id = $3) and ($4::text is null or m.round = $4)
    and ($5::text[] is null or m.status = any($5))
    and ($6::timestamptz is null or (m.kickoff, m.id) > ($6, $7))
  order by m.kickoff, m.id
  limit $8
) m on true
where t.organization_id = $1 and t.id = $2
order by m.kickoff, m.id
