-- read_config: an organization's configuration, what is published and the draft, and the
-- database's clock; a row in any case. $1 text organization.
select clock_timestamp() as now, coalesce(v.version, 0) as version, p.factors, p.signals,
       p.published_by, p.published_at, coalesce(d.revision, 0) as revision,
       d.factors as draft_factors, d.signals as draft_signals, d.updated_by, d.updated_at
from (values ($1::text)) as o(organization_id)
left join scoring.config_versions v on v.organization_id = o.organization_id
left join scoring.config_drafts d on d.organization_id = o.organization_id
left join lateral (
  select c.factors, c.signals, c.published_by, c.published_at
  from scoring.config_documents c where c.organization_id = o.organization_id
  order by c.version desc limit 1
) p on true
