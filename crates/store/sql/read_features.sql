-- read_features: features of contacts of any organizations, in the order of their keys.
-- $1 text[] organizations; $2 text[] contacts.
select f.organization_id, f.contact_id, f.features, f.input_version
from unnest($1::text[], $2::text[]) as k(organization_id, contact_id)
join scoring.contact_features f
  on f.organization_id = k.organization_id and f.contact_id = k.contact_id
order by f.organization_id, f.contact_id
