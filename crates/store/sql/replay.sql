-- replay: a dead letter's job is queued again, its budget whole and its run, if
-- any, open. $1 uuid id. Returns the job if it was a dead letter.
-- The fence is not reset. A run that was over is open without its lock, which
-- another run may have by now. One that is being cancelled still is.
with dead as (
  select j.id, clock_timestamp() as now from jobs.job j
  where j.id = $1 and j.state = 'dead_lettered' for update
), replayed as (
  update jobs.job j set
    state = 'queued', finished_at = null, failures = 0, platform_deaths = 0, death_message = null,
    resends = 0, snoozes = 0, snooze_reason = null, expires_at = d.now + interval '7 d',
    available_at = d.now, wake_at = d.now, idempotency_key = j.released_key, released_key = null
  from dead d where j.id = d.id
  returning j.id, j.run_id
), decided as (
  update jobs.dead_letter l set decided_at = clock_timestamp()
  from replayed r where l.job_id = r.id and l.decided_at is null
), reopened as (
  update jobs.run r set
    jobs_dead = r.jobs_dead - 1, status = 'running', finished_at = null,
    revision = r.revision + 1, exclusive = r.exclusive and r.status = 'running',
    progressed_at = clock_timestamp(), stalled_at = null,
    cancelled_at = case when r.status = 'running' then r.cancelled_at end
  from replayed p where r.id = p.run_id
)
select r.id from replayed r
