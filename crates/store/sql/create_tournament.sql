-- create_tournament: makes a tournament.
-- $1 text organization; $2 text name; $3 text what its provider calls it, or null; $4 text how
-- tied members are ranked; $5 text rules, $6 text tie-breaks, as JSON.
insert into scoreboard.tournaments as t (organization_id, name, provider_id, ranking, rules, tie_breaks)
values ($1, $2, $3, $4, $5::jsonb, $6::jsonb)
returning t.id, t.name, t.provider_id, t.ranking, t.rules, t.tie_breaks, t.rules_version, t.settled_at,
       t.closed_at, t.created_at
