-- take_held_back: takes jobs that were never sent, as far as their organizations' shares reach.
-- $1 text queue; $2 text[] organizations; $3 int8 most messages of one organization that may
-- be out on a queue; $4 int8 seconds the rows are held back; $5 int8 seconds to its wake_at
-- above which a row is being sent.
-- The rows are chosen first and locked then, so that of two who do this at once the one
-- finds the other's rows taken, instead of sending as many again. What a relay is sending,
-- whose minute began after the row was written, counts as out; what a producer may be
-- sending does not, for it sends nothing once a share of jobs is there. Waits for nobody.
with live as materialized (
  select j.id, j.organization_id, j.state, j.wake_at,
         j.state = 'in_progress' or j.resends > 0
           or (j.wake_at > (select clock_timestamp()) + $5 * interval '1 s'
               and j.wake_at > j.created_at + ($4 + 1) * interval '1 s') as is_out
  from jobs.job j
  where j.organization_id = any($2) and j.queue = $1 and j.finished_at is null
    and (j.state = 'in_progress' or j.available_at <= (select clock_timestamp()))
), quota as (
  select l.organization_id, $3 - count(*) filter (where l.is_out) as unused
  from live l group by l.organization_id
), ranked as materialized (
  select l.id, row_number() over (partition by l.organization_id order by l.wake_at, l.id) as place,
         q.unused
  from live l join quota q using (organization_id)
  where l.state = 'queued' and not l.is_out and q.unused > 0
    and l.wake_at <= (select clock_timestamp()) + $5 * interval '1 s'
), taken as (
  select j.id from jobs.job j
  where j.id = any(array(select r.id from ranked r where r.place <= r.unused))
    and j.state = 'queued' and j.resends = 0
    and j.wake_at <= clock_timestamp() + $5 * interval '1 s'
  for update skip locked
), moved as (
  update jobs.job j set wake_at = clock_timestamp() + $4 * interval '1 s'
  from taken where j.id = taken.id
  returning j.id, j.type, j.version, j.request_id, j.run_id, j.scheduled_for, j.traceparent,
            j.created_at
)
select m.id, m.type, m.version, m.request_id, m.run_id, m.scheduled_for, m.traceparent,
       m.created_at, 0::int8 as delay_secs
from moved m join ranked r on r.id = m.id
order by r.place, m.id
