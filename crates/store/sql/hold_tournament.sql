-- hold_tournament: a tournament, which nobody else changes or settles until the end of the
-- transaction; members may join and guess. $1 text organization; $2 uuid tournament.
select t.id, t.name, t.provider_id, t.ranking, t.rules, t.tie_breaks, t.rules_version, t.settled_at,
       t.closed_at, t.created_at
from scoreboard.tournaments t where t.organization_id = $1 and t.id = $2 for no key update
