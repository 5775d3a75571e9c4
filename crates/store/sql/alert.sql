-- alert: an organization's alert. $1 text organization; $2 uuid alert.
select a.id, a.contact_id, a.signal_type, a.priority, a.event_id, a.opened_at, a.due_at,
       a.acknowledged_at, a.acknowledged_by, a.expired_at
from scoring.signal_alerts a
where a.organization_id = $1 and a.id = $2
