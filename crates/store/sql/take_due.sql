-- take_due: takes jobs whose message is to be sent again.
-- $1 text[] queues this build knows; $2 int8 most rows.
-- Two relays never take one row; whoever dies holds it back for a minute only.
with due as (
  select j.id from jobs.job j
  where j.finished_at is null and j.wake_at <= clock_timestamp() and j.queue = any($1)
  order by j.wake_at limit $2 for update skip locked
)
update jobs.job j set wake_at = clock_timestamp() + interval '60 s'
from due where j.id = due.id
returning j.id, j.queue, j.type, j.request_id, j.run_id, j.created_at
