-- complete_jobs: the fence of an effect's transaction, its receipts, and their deliveries'
-- count of effects.
-- $1 uuid[] ids, sorted; $2 int4[] claims; $3 text[] receipts as JSON; $4 int8 count; $5 int8
-- messages out at which an organization gets more; $6 int8 seconds to its wake_at above which
-- a row is being sent.
-- Raises JB001 when a lease was lost: the transaction then writes nothing. The
-- token stays, so that receipts can be counted by delivery. An effect is one
-- invocation's, so that one delivery is locked. Rows are found one by one in the order
-- of the ids, and are not locked beforehand: a lock of its own for each is a sixth of what
-- a job costs the log.
with done as (
  update jobs.job j set
    state = 'completed', finished_at = clock_timestamp(), lease_until = null,
    receipt = h.receipt::jsonb
  from unnest($1::uuid[], $2::int4[], $3::text[]) as h(id, claim, receipt)
  where j.id = h.id and j.claim = h.claim and j.state = 'in_progress'
  returning j.lease_token, j.organization_id, j.queue
), counted as (
  update jobs.delivery d set effects = d.effects + e.effects
  from (select lease_token, count(*)::int4 as effects from done group by lease_token) e
  where d.token = e.lease_token
)
select jobs.expect((select count(*) from done), $4)::text, exists (
  select from (select distinct d.organization_id, d.queue from done d) o
  where $5 >= (
    select count(*) from (
      select from jobs.job j
      where j.organization_id = o.organization_id and j.queue = o.queue and j.finished_at is null
        and (j.state = 'in_progress' or (j.resends > 0 and j.available_at <= clock_timestamp()))
      limit $5 + 1
    ) is_out
  ) and exists (
    select from jobs.job j
    where j.organization_id = o.organization_id and j.queue = o.queue and j.finished_at is null
      and j.state = 'queued' and j.resends = 0 and j.available_at <= clock_timestamp()
      and j.wake_at <= clock_timestamp() + $6 * interval '1 s'
  )
) as refill
