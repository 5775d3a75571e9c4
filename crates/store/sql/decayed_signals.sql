-- decayed_signals: signals that weigh nothing any more. $1 timestamptz now; $2 int8 most rows.
select o.organization_id, o.contact_id, o.event_id from (
  select s.organization_id, s.contact_id, s.event_id from scoring.intent_signals s
  where s.archived_at is null and s.decayed_at <= $1
  order by s.decayed_at limit $2) o
order by o.organization_id, o.contact_id, o.event_id
