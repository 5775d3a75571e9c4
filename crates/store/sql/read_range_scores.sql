-- read_range_scores: what the stored scores of a range's contacts are told by, in the order of
-- the contacts.
-- $1 text organization, or null for all; $2 text, $3 text organization and contact that the
-- range begins after, or null; $4 text, $5 text those that it ends with.
select s.organization_id, s.contact_id, s.digest, s.input_version, s.config_version
from scoring.lead_scores s
where ($1::text is null or s.organization_id = $1)
  and ($2::text is null or (s.organization_id, s.contact_id) > ($2, $3))
  and (s.organization_id, s.contact_id) <= ($4, $5)
order by s.organization_id, s.contact_id
