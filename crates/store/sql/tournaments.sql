-- tournaments: one of an organization's tournaments, or those made before one, newest first.
-- $1 text organization; $2 uuid the one, or null for all; $3 uuid last one seen, or null; $4 int8
-- most rows.
select t.id, t.name, t.provider_id, t.ranking, t.rules, t.tie_breaks, t.rules_version, t.settled_at,
       t.closed_at, t.created_at
from scoreboard.tournaments t
where t.organization_id = $1 and ($2::uuid is null or t.id = $2)
  and ($3::uuid is null or t.id < $3)
order by t.id desc
limit $4
