-- mark_events_sent: these events were sent. $1 uuid[] ids.
with sent as (
  select e.id from jobs.event_outbox e
  where e.id = any($1) and e.sent_at is null
  order by e.id for update
)
update jobs.event_outbox e set sent_at = clock_timestamp()
from sent where e.id = sent.id
