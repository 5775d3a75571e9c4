-- set_back: held jobs that were not done: to be tried again, put off, or dead
-- letters.
-- $1 uuid[] ids, sorted; $2 int4[] claims; $3 text[] states that they go to;
-- $4 boolean[] whether the attempt failed; $5 int8[] waits in milliseconds;
-- $6 text[] reasons or null; $7 text[] what went wrong, or null.
-- Guarded by the claim: a job that lost its lease is not moved. Returns the
-- moved ones. They are one invocation's: its delivery is counted before the
-- runs.
with held as (
  select j.id, h.state, h.failed, h.reason, left(h.error, 2000) as error, clock_timestamp() as now,
         h.wait_ms * interval '1 ms' as wait, j.lease_token
  from unnest($1::uuid[], $2::int4[], $3::text[], $4::boolean[], $5::int8[], $6::text[],
              $7::text[]) as h(id, claim, state, failed, wait_ms, reason, error)
  join jobs.job j on j.id = h.id and j.claim = h.claim and j.state = 'in_progress'
  order by j.id for update of j
), moved as (
  update jobs.job j set
    state = h.state,
    failures = j.failures + h.failed::int4,
    available_at = case h.state when 'dead_lettered' then j.available_at else h.now + h.wait end,
    wake_at = case h.state when 'dead_lettered' then j.wake_at
      when 'failed' then h.now + h.wait + interval '60 s' else h.now + h.wait end,
    snoozes = case h.state when 'dead_lettered' then j.snoozes when 'failed' then 0
      else case when j.snooze_reason = h.reason then least(j.snoozes + 1, 32000) else 1 end end,
    snooze_reason = case h.state when 'dead_lettered' then j.snooze_reason
      when 'queued' then h.reason end,
    -- It comes back as new: its turn is to come again.
    resends = case h.state when 'queued' then 0 else j.resends end,
    last_error = coalesce(h.error, j.last_error),
    errors = case when h.error is null then j.errors
      else jobs.add_error(j.errors, j.claim, h.error) end,
    finished_at = case h.state when 'dead_lettered' then h.now end,
    released_key = case h.state when 'dead_lettered'
      then coalesce(j.idempotency_key, j.released_key) else j.released_key end,
    idempotency_key = case h.state when 'dead_lettered' then null else j.idempotency_key end,
    lease_until = null, lease_token = null
  from held h where j.id = h.id
  returning j.*, h.reason, h.lease_token as held_by
), letters as (
  insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
  select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'), d.reason,
         d.last_error
  from moved d where d.state = 'dead_lettered' order by d.id
), counted as (
  update jobs.delivery d set failures = d.failures + e.failures, put_off = d.put_off + e.put_off
  from (select held_by, count(*) filter (where state <> 'queued')::int4 as failures,
               count(*) filter (where state = 'queued')::int4 as put_off
        from moved group by held_by) e
  where d.token = e.held_by
  returning d.token
)
select m.id, (select jobs.count_runs(dead => array_agg(d.run_id))
              from moved d cross join (select count(*) from counted) c
              where d.state = 'dead_lettered') as runs
from moved m order by m.id
