-- expire_alerts: expires those of an effect's alerts that are still open, and tells of each.
-- $1 uuid[] alerts, sorted; $2 uuid job.
with open as (
  select a.id from scoring.signal_alerts a
  where a.id = any($1) and a.status = 'open'
  order by a.id for no key update
), expired as (
  update scoring.signal_alerts a set status = 'expired', expired_at = clock_timestamp()
  from open o where a.id = o.id
  returning a.id, a.organization_id, a.contact_id, a.signal_type, a.priority
)
insert into jobs.event_outbox (organization_id, type, data, job_id, request_id)
select e.organization_id, 'scoring.AlertExpired',
       jsonb_build_object('alertId', e.id, 'contactId', e.contact_id,
         'signalType', e.signal_type, 'priority', e.priority),
       $2, (select j.request_id from jobs.job j where j.id = $2)
from expired e order by e.id
