-- read_verification: a match, what its provider calls it and its tournament, the rules of
-- that, and the time. Of a closed one nobody is asked.
-- $1 text organization; $2 uuid tournament; $3 uuid match.
select clock_timestamp() as now,
       case when t.closed_at is null then t.provider_id end as provider_id, t.rules,
       t.rules_version, m.external_id, m.kickoff, m.status, m.result, m.result_version,
       m.last_checked_at, m.ended_at, m.next_check_at
from scoreboard.matches m
join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
