-- read_configs: an organization's configuration, as it was published last.
-- $1 text[] organizations; $2 int8 the newest epoch that is looked at, or null for all.
select distinct on (d.organization_id) d.organization_id, d.version, d.factors
from scoring.config_documents d
where d.organization_id = any($1) and ($2::int8 is null or d.epoch <= $2)
order by d.organization_id, d.epoch desc
