-- hold_fixtures: matches by what their provider calls them, which nobody changes until the end of
-- the transaction. $1 text organization; $2 uuid tournament; $3 text[] external ids.
select m.id, m.external_id, m.round, m.home_team, m.away_team, m.kickoff, m.status, m.result,
       m.result_version, m.settled_version, m.last_checked_at, m.ended_at, m.next_check_at
from scoreboard.matches m
where m.organization_id = $1 and m.tournament_id = $2 and m.external_id = any($3)
order by m.id for no key update
