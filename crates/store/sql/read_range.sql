-- read_range: features of the contacts of a range, in the order of their keys.
-- $1 text organization, or null for all; $2 text, $3 text organization and contact that the
-- range begins after, or null; $4 text, $5 text those that it ends with.
select f.organization_id, f.contact_id, f.features, f.input_version
from scoring.contact_features f
where ($1::text is null or f.organization_id = $1)
  and ($2::text is null or (f.organization_id, f.contact_id) > ($2, $3))
  and (f.organization_id, f.contact_id) <= ($4, $5)
order by f.organization_id, f.contact_id
