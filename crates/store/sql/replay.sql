-- replay: dead letters' jobs are queued again, their budgets whole and their
-- runs, if any, open. $1 uuid[] ids, in the order in which they become available;
-- $2 timestamptz when the first does, or null for now; $3 int8 nanoseconds from one to
-- the next; $4 text data as JSON in place of what they have, or null; $5 int2 its
-- version; $6 text who decided it, $7 text why, $8 uuid the replay of many: or null.
-- Returns those that were dead letters: id, whether another job has its key, so
-- that it still is one, and when it becomes available.
-- A key that another job gets at this moment is a unique violation: nothing is
-- done. The fence is not reset. A run that was over is open without its lock,
-- which another run may have by now. One that is being cancelled still is.
-- Jobs by id, their cases, then runs by id. The message is sent at once and waits
-- on the platform, so that a pace holds whenever the relay comes.
with dead as (
  select j.id, j.organization_id, j.type, j.released_key, p.place
  from unnest($1::uuid[]) with ordinality as p(id, place)
  join jobs.job j on j.id = p.id
  where j.state = 'dead_lettered'
  order by j.id for update of j
), judged as (
  -- Two arms: the index does not serve "is not distinct from".
  select d.id, d.place, d.released_key is not null and (
    row_number() over (partition by d.organization_id, d.type, d.released_key order by d.place) > 1
    or exists (select from jobs.job h
               where h.organization_id = d.organization_id and h.type = d.type
                 and h.idempotency_key = d.released_key)
    or (d.organization_id is null and exists (
      select from jobs.job h
      where h.organization_id is null and h.type = d.type and h.idempotency_key = d.released_key))
  ) as taken
  from dead d
), timed as (
  select r.id, coalesce($2::timestamptz, c.now)
    + (r.turn * $3::int8 / 1000) * interval '1 microsecond' as available_at, c.now
  from (select g.id, row_number() over (order by g.place) - 1 as turn
        from judged g where not g.taken) r,
       (select clock_timestamp() as now) c
), replayed as (
  update jobs.job j set
    state = 'queued', finished_at = null, failures = 0, platform_deaths = 0, death_message = null,
    resends = 0, snoozes = 0, snooze_reason = null, replays = least(j.replays + 1, 32000),
    data = coalesce($4::text::jsonb, j.data), version = coalesce($5::int2, j.version),
    available_at = t.available_at, expires_at = t.available_at + interval '7 d', wake_at = t.now,
    idempotency_key = j.released_key, released_key = null
  from timed t where j.id = t.id
  returning j.id, j.run_id, j.available_at
), decided as (
  update jobs.dead_letter l set
    decided_at = clock_timestamp(), decision = 'replayed', decided_by = $6::text,
    decided_why = $7::text, replay_id = $8::uuid, replayed_as = r.id
  from replayed r where l.job_id = r.id and l.decided_at is null
), runs as (
  select r.id, c.jobs
  from (select p.run_id, count(*)::int4 as jobs from replayed p
        where p.run_id is not null group by p.run_id) c
  join jobs.run r on r.id = c.run_id
  order by r.id for no key update of r
), reopened as (
  update jobs.run r set
    jobs_dead = r.jobs_dead - c.jobs, status = 'running', finished_at = null,
    revision = r.revision + c.jobs, exclusive = r.exclusive and r.status = 'running',
    progressed_at = clock_timestamp(), stalled_at = null,
    cancelled_at = case when r.status = 'running' then r.cancelled_at end
  from runs c where r.id = c.id
)
select j.id, j.taken, r.available_at
from judged j left join replayed r on r.id = j.id
order by j.place
