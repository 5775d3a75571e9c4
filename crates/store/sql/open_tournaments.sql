-- open_tournaments: tournaments that are not closed, in the order of their keys.
-- $1 text organization, or null for all; $2 text organization and $3 uuid tournament of the one
-- before, or null; $4 int8 most rows.
select t.organization_id, t.id from scoreboard.tournaments t
where t.closed_at is null and ($1 is null or t.organization_id = $1)
  and ($2 is null or (t.organization_id, t.id) > ($2, $3))
order by t.organization_id, t.id limit $4
