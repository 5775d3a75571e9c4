-- read_range_configs: configurations of the organizations of a range.
-- $1 text organization, or null for all; $2 text, $3 text organization and contact that the
-- range begins after, or null; $4 text, $5 text those that it ends with.
-- A configuration without entries is one row of nulls.
select v.organization_id, v.version, c.factor, c.category, (c.weight * 10000)::int8 as weight,
       c.enabled
from scoring.config_versions v
left join scoring.scoring_configs c on c.organization_id = v.organization_id
where v.organization_id in (
  select f.organization_id from scoring.contact_features f
  where ($1::text is null or f.organization_id = $1)
    and ($2::text is null or (f.organization_id, f.contact_id) > ($2, $3))
    and (f.organization_id, f.contact_id) <= ($4, $5))
