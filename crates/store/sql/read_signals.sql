-- read_signals: signals of contacts of any organizations that count and were not archived, in
-- the order of the contacts.
-- $1 text[] organizations; $2 text[] contacts; each pair once; $3 int8 most rows.
select s.organization_id, s.contact_id, (s.weight * 100)::int4 as weight, s.decay_model,
       s.decay_hours, s.detected_at
from unnest($1::text[], $2::text[]) as k(organization_id, contact_id)
join scoring.intent_signals s
  on s.organization_id = k.organization_id and s.contact_id = k.contact_id
where s.archived_at is null and s.counted
order by s.organization_id, s.contact_id
limit $3
