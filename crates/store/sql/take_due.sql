-- take_due: takes jobs whose message is to be sent, organizations in turn.
-- $1 text[] queues this build knows; $2 int8 most rows of a queue; $3 int8 most messages of
-- one organization that may be out on a queue; $4 int8 seconds the rows are held back.
-- A message is out once it was sent and its job may be done, or while its job
-- is being done: what waits for its time takes nobody's turn. Work
-- across organizations has no such bound. One pass over the live rows, of
-- which only those that may be taken are sorted. Waits for nobody, and two
-- relays never take one row: the lock looks again at wake_at. A job that is not
-- due yet has its message kept by the platform until it is, in seconds (delay_secs).
with live as materialized (
  select j.id, j.organization_id, array_position($1, j.queue) as queue, j.wake_at,
         j.state = 'in_progress'
           or (j.resends > 0 and j.available_at <= (select clock_timestamp())) as is_out
  from jobs.job j
  where j.finished_at is null and j.queue = any($1)
), quota as (
  select l.organization_id, l.queue, $3 - count(*) filter (where l.is_out) as unused
  from live l where l.organization_id is not null
  group by l.organization_id, l.queue
), due as (
  select l.id, l.queue, l.wake_at, l.is_out, q.unused, row_number() over turns as turn,
         count(*) filter (where not l.is_out) over turns as turn_of_unsent
  from live l
  left join quota q on q.organization_id = l.organization_id and q.queue = l.queue
  where l.wake_at <= (select clock_timestamp()) and (l.is_out or q.unused is null or q.unused > 0)
  window turns as (partition by l.queue, l.organization_id order by l.wake_at, l.id
                   rows unbounded preceding)
), ranked as materialized (
  select d.id, row_number() over (partition by d.queue order by d.turn, d.wake_at, d.id) as place
  from due d
  where d.is_out or d.unused is null or d.turn_of_unsent <= d.unused
), taken as (
  select j.id from jobs.job j
  where j.id = any(array(select r.id from ranked r where r.place <= $2))
    and j.finished_at is null and j.wake_at <= clock_timestamp()
  for update skip locked
), moved as (
  update jobs.job j set wake_at = clock_timestamp() + $4 * interval '1 s'
  from taken where j.id = taken.id
  returning j.id, j.queue, j.type, j.version, j.request_id, j.run_id, j.scheduled_for,
            j.traceparent, j.created_at, j.available_at
)
select m.id, m.queue, m.type, m.version, m.request_id, m.run_id, m.scheduled_for, m.traceparent,
       m.created_at,
       greatest(0, ceil(extract(epoch from m.available_at - clock_timestamp())))::int8 as delay_secs
from moved m join ranked r on r.id = m.id
order by m.queue, r.place
