-- read_configs: configurations with their versions; one snapshot of both.
-- $1 text[] organizations. A configuration without entries is one row of nulls.
select v.organization_id, v.version, c.factor, c.category, (c.weight * 10000)::int8 as weight,
       c.enabled
from scoring.config_versions v
left join scoring.scoring_configs c on c.organization_id = v.organization_id
where v.organization_id = any($1)
