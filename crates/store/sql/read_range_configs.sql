-- read_range_configs: configurations of the organizations of a range, as they were published
-- last.
-- $1 text organization, or null for all; $2 text, $3 text organization and contact that the
-- range begins after, or null; $4 text, $5 text those that it ends with; $6 int8 the newest
-- epoch that is looked at, or null for all.
select distinct on (d.organization_id) d.organization_id, d.version, d.factors
from scoring.config_documents d
where ($1::text is null or d.organization_id = $1)
  and ($2::text is null or d.organization_id >= $2) and d.organization_id <= $4
  and ($6::int8 is null or d.epoch <= $6)
  -- Between the range's ends may be organizations without a contact in it.
  and exists (
    select from scoring.contact_features f
    where f.organization_id = d.organization_id
      and ($2::text is null or (f.organization_id, f.contact_id) > ($2, $3))
      and (f.organization_id, f.contact_id) <= ($4, $5))
order by d.organization_id, d.epoch desc
