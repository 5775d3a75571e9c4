-- read_notification: why a notification could not be reserved.
-- $1 text subject; $2 text kind.
select n.state, n.lease_until from jobs.notification n where n.subject = $1 and n.kind = $2
