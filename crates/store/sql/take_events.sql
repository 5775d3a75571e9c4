-- take_events: takes events to be sent, oldest first.
-- $1 int8 most rows; $2 int8 seconds they are held back from other relays.
with due as (
  select e.id from jobs.event_outbox e
  where e.sent_at is null and e.wake_at <= clock_timestamp()
  order by e.id limit $1 for update skip locked
), taken as (
  update jobs.event_outbox e set wake_at = clock_timestamp() + $2 * interval '1 s'
  from due where e.id = due.id
  returning e.id, e.type, e.organization_id, e.data, e.request_id, e.occurred_at
)
select t.id, t.type, t.organization_id, t.data, t.request_id, t.occurred_at
from taken t order by t.id
