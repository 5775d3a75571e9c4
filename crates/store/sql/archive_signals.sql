-- archive_signals: sets signals aside that weigh nothing any more.
-- $1 text[] organizations; $2 text[] contacts; $3 text[] events; all sorted together.
with decayed as (
  select s.organization_id, s.contact_id, s.event_id
  from unnest($1::text[], $2::text[], $3::text[]) as k(organization_id, contact_id, event_id)
  join scoring.intent_signals s on s.organization_id = k.organization_id
    and s.contact_id = k.contact_id and s.event_id = k.event_id
  where s.archived_at is null
  order by s.organization_id, s.contact_id, s.event_id for no key update of s
)
update scoring.intent_signals s set archived_at = clock_timestamp()
from decayed d
where s.organization_id = d.organization_id and s.contact_id = d.contact_id
  and s.event_id = d.event_id
