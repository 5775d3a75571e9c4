-- cap_signals: decides again which signals count, of the types, contacts and UTC days that a
-- batch's new signals fall on: the earliest, as many as each was capped at when it came.
-- $1 uuid batch; events that may make a signal, sorted together: $2 text[] organizations,
-- $3 text[] events, $4 text[] contacts.
-- A statement of its own, because it must see what others committed while take_signals waited
-- for the contacts' locks. All follows from the rows, so that their order of arrival does not
-- matter. Rows are locked in the order in which signals are archived.
with day as materialized (
  select distinct s.organization_id, s.contact_id, s.signal_type,
         date_trunc('day', s.detected_at, 'UTC') as at
  from unnest($2::text[], $3::text[], $4::text[]) as e(organization_id, event_id, contact_id)
  join scoring.event_seen n on n.organization_id = e.organization_id
    and n.event_id = e.event_id and n.batch = $1
  join scoring.intent_signals s on s.organization_id = e.organization_id
    and s.contact_id = e.contact_id and s.event_id = e.event_id
), ranked as materialized (
  select d.organization_id, d.contact_id, r.event_id, r.counts
  from day d cross join lateral (
    select s.event_id, s.counted,
           row_number() over (order by s.detected_at, s.event_id) <= s.cap_per_day as counts
    from scoring.intent_signals s
    where s.organization_id = d.organization_id and s.contact_id = d.contact_id
      and s.signal_type = d.signal_type
      and s.detected_at >= d.at and s.detected_at < d.at + interval '24 hours'
  ) r
  where r.counts <> r.counted
), changed as (
  select s.organization_id, s.contact_id, s.event_id, r.counts
  from ranked r
  join scoring.intent_signals s on s.organization_id = r.organization_id
    and s.contact_id = r.contact_id and s.event_id = r.event_id
  order by s.organization_id, s.contact_id, s.event_id for no key update of s
)
update scoring.intent_signals s set counted = c.counts
from changed c
where s.organization_id = c.organization_id and s.contact_id = c.contact_id
  and s.event_id = c.event_id
