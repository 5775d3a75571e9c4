-- warnings: what somebody should look at, the first of each kind. $1 int4 most of a kind.
select 'scoreboard_drift' as kind, d.tournament_id as id, null::text as name, d.differences as count
from scoreboard.drifting($1) d
union all
select 'matches_given_up', g.match_id, null, g.total from scoreboard.given_up($1) g
union all
select 'night_' || n.status, n.run_id, null, n.users_failed from portfolio.newest_night() n
where n.status in ('partial', 'failed')
union all
select l.kind, l.id, l.name, l.count from jobs.to_look_at($1) l
