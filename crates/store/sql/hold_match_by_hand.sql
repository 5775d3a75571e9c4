-- hold_match_by_hand: a match whose result is entered by hand, which nobody else changes until the
-- end of the transaction; with its tournament's rules and provider, and the time. $1 text
-- organization; $2 uuid tournament; $3 uuid match.
select m.id, m.external_id, m.round, m.home_team, m.away_team, m.kickoff, m.status, m.result,
       m.result_version, m.settled_version, m.last_checked_at, m.ended_at, m.next_check_at,
       t.rules, t.provider_id is not null as provided, clock_timestamp() as now
from scoreboard.matches m
join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
for no key update of m
