-- mark_notified: notifications whose sender knows that they were sent.
-- $1 text[] subjects; $2 text[] kinds; $3 uuid[] the senders' tokens.
-- One that another sender took over is left to it.
with reserved as (
  select n.subject, n.kind
  from unnest($1::text[], $2::text[], $3::uuid[]) as s(subject, kind, token)
  join jobs.notification n
    on n.subject = s.subject and n.kind = s.kind and n.token = s.token and n.state = 'reserved'
  order by n.subject, n.kind for update of n
)
update jobs.notification n set state = 'sent', sent_at = clock_timestamp(), lease_until = null
from reserved r where n.subject = r.subject and n.kind = r.kind
