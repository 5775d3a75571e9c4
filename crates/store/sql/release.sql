-- release: ends the leases of an invocation that died. $1 uuid its token.
-- Not of rows its own hung transaction still locks: those leases run out.
with held as (
  select j.id from jobs.job j
  where j.finished_at is null and j.lease_token = $1 and j.state = 'in_progress'
  order by j.id for update skip locked
)
update jobs.job j set lease_until = clock_timestamp(), wake_at = clock_timestamp()
from held where j.id = held.id
