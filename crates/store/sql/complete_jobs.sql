-- complete_jobs: the fence of an effect's transaction, its receipts, and their deliveries'
-- count of effects.
-- $1 uuid[] ids, sorted; $2 int4[] claims; $3 text[] receipts as JSON; $4 int8 count.
-- Raises JB001 when a lease was lost: the transaction then writes nothing. The
-- token stays, so that receipts can be counted by delivery. An effect is one
-- invocation's, so that one delivery is locked.
with held as (
  select j.id, h.receipt
  from unnest($1::uuid[], $2::int4[], $3::text[]) as h(id, claim, receipt)
  join jobs.job j on j.id = h.id and j.claim = h.claim and j.state = 'in_progress'
  order by j.id for update of j
), done as (
  update jobs.job j set
    state = 'completed', finished_at = clock_timestamp(), lease_until = null,
    receipt = h.receipt::jsonb
  from held h where j.id = h.id
  returning j.lease_token
), counted as (
  update jobs.delivery d set effects = d.effects + e.effects
  from (select lease_token, count(*)::int4 as effects from done group by lease_token) e
  where d.token = e.lease_token
)
select jobs.expect((select count(*) from done), $4)::text
