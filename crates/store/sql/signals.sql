-- signals: a contact's signals, newest first; one row without an event where there are none.
-- $1 text organization; $2 text contact; $3 timestamptz, $4 text time and event of the last
-- signal seen, or null; $5 int8 most rows.
select clock_timestamp() as now, s.*
from scoring.contact_features f
left join lateral (
  select s.event_id, s.signal_type, s.source, (s.weight * 100)::int4 as weight, s.decay_model,
         s.decay_hours, s.priority, s.detected_at, s.input_version, s.received_at, s.counted,
         s.archived_at
  from scoring.intent_signals s
  where s.organization_id = f.organization_id and s.contact_id = f.contact_id
    and ($3::timestamptz is null or (s.detected_at, s.event_id) < ($3, $4))
  order by s.detected_at desc, s.event_id desc
  limit $5
) s on true
where f.organization_id = $1 and f.contact_id = $2
order by s.detected_at desc, s.event_id desc
