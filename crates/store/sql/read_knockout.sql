-- read_knockout: a tournament and its matches; one row of nulls where it has none. Of a
-- closed one nobody is asked.
-- $1 text organization; $2 uuid tournament.
select case when t.closed_at is null then t.provider_id end as provider_id, m.external_id,
       m.round, m.kickoff, m.status, m.result, m.result_version, m.last_checked_at, m.ended_at,
       m.next_check_at
from scoreboard.tournaments t
left join scoreboard.matches m on m.organization_id = t.organization_id and m.tournament_id = t.id
where t.organization_id = $1 and t.id = $2
order by m.kickoff, m.id
