-- due_matches: matches that are to be asked about, the ones nearest to their likely end
-- first; of tournaments that have a provider and are open. The order is total.
-- $1 timestamptz now; $2 int8 seconds from kickoff to the likely end; $3 int8 most rows.
select m.organization_id, m.tournament_id, m.id, t.rules, m.kickoff, m.status, m.result,
       m.result_version, m.last_checked_at, m.ended_at, m.next_check_at
from scoreboard.matches m
join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
where m.next_check_at <= $1 and t.provider_id is not null and t.closed_at is null
order by abs(extract(epoch from $1 - m.kickoff) - $2), m.kickoff, m.organization_id,
         m.tournament_id, m.id
limit $3
