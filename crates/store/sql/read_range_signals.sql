-- read_range_signals: signals of a range's contacts that count and were not archived, in the
-- order of the contacts.
-- $1 text organization, or null for all; $2 text, $3 text organization and contact that the
-- range begins after, or null; $4 text, $5 text those that it ends with; $6 int8 most rows.
select s.organization_id, s.contact_id, (s.weight * 100)::int4 as weight, s.decay_model,
       s.decay_hours, s.detected_at
from scoring.intent_signals s
where ($1::text is null or s.organization_id = $1)
  and ($2::text is null or (s.organization_id, s.contact_id) > ($2, $3))
  and (s.organization_id, s.contact_id) <= ($4, $5)
  and s.archived_at is null and s.counted
order by s.organization_id, s.contact_id
limit $6
