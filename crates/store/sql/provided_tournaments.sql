-- provided_tournaments: tournaments that have a provider and are open, in the order of
-- their keys.
-- $1 text organization and $2 uuid tournament after which, or null; $3 int8 most rows.
select t.organization_id, t.id from scoreboard.tournaments t
where t.provider_id is not null and t.closed_at is null
  and ($1 is null or (t.organization_id, t.id) > ($1, $2))
order by t.organization_id, t.id
limit $3
