-- mark_sent: messages of these jobs were sent; the next one is due in 15
-- minutes from when the job may be claimed, doubling each time up to 6 hours.
-- $1 uuid[] ids.
-- Guarded by state and by the minute for which the row is held back: a job that
-- was claimed or moved since then has a wake_at to keep.
-- A row that a producer locks is skipped: waiting for it could deadlock, and
-- its wake_at of a minute costs one spare wake-up. The HTTP worker may change
-- no other columns than these two.
with sent as (
  select j.id from jobs.job j
  where j.id = any($1) and j.state in ('queued', 'failed')
    and j.wake_at between clock_timestamp() and clock_timestamp() + interval '60 s'
  order by j.id for update skip locked
)
update jobs.job j set
  wake_at = greatest(j.available_at, clock_timestamp())
    + least(interval '6 h', interval '15 min' * power(2, least(j.resends, 5))),
  resends = least(j.resends + 1, 32000)
from sent where j.id = sent.id
