-- read_view_signals: a contact's signals that count and weigh something at an instant, newest
-- first; or those that its stored score was computed from, when it was.
-- $1 text organization; $2 text contact; $3 timestamptz instant, or null for the stored
-- score's; $4 int8 most rows.
-- Archived or not, for at the instant they may have weighed something. 8784 hours is the
-- longest decay: what is older weighs nothing.
select s.event_id, s.signal_type, s.source, (s.weight * 100)::int4 as weight, s.decay_model,
       s.decay_hours, s.priority, s.detected_at, s.input_version, s.received_at, s.counted,
       s.archived_at
from (
  select coalesce($3, (
           select l.calculated_at from scoring.lead_scores l
           where l.organization_id = $1 and l.contact_id = $2)) as instant,
         case when $3::timestamptz is null then (
           select l.input_version from scoring.lead_scores l
           where l.organization_id = $1 and l.contact_id = $2) end as version
) a
join scoring.intent_signals s on s.organization_id = $1 and s.contact_id = $2
  and s.detected_at <= a.instant and s.detected_at > a.instant - interval '8784 hours'
where s.decayed_at > a.instant and s.counted
  and (a.version is null or s.input_version <= a.version)
order by s.detected_at desc, s.event_id desc
limit $4
