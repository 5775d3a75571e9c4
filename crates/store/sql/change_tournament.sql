-- change_tournament: what is said of a tournament, all of it.
-- $1 text organization; $2 uuid tournament; $3 text name; $4 text what its provider calls it, or
-- null; $5 text how tied members are ranked; $6 text rules, $7 text tie-breaks, as JSON.
update scoreboard.tournaments t
set name = $3, provider_id = $4, ranking = $5, rules = $6::jsonb, tie_breaks = $7::jsonb
where t.organization_id = $1 and t.id = $2
returning t.id, t.name, t.provider_id, t.ranking, t.rules, t.tie_breaks, t.rules_version, t.settled_at,
       t.closed_at, t.created_at
