-- hold_guessed_match: a match that is guessed about, which nobody changes until the end of the
-- transaction, though others may guess; and the time. $1 text organization; $2 uuid tournament;
-- $3 uuid match.
select m.kickoff, m.status, m.result, m.result_version, m.last_checked_at, m.ended_at,
       m.next_check_at, clock_timestamp() as now
from scoreboard.matches m
where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
for share
