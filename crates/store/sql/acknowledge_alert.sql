-- acknowledge_alert: an open alert is somebody's from now on.
-- $1 text organization; $2 uuid alert; $3 text who.
-- Who comes second waits here for the first, and then finds that it is not open.
update scoring.signal_alerts a
set status = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = $3
where a.organization_id = $1 and a.id = $2 and a.status = 'open'
