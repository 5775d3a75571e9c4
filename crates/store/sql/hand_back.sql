-- hand_back: a held job that could not be tried is queued again; it spends
-- nothing of its budget. $1 uuid id; $2 int4 claim. Returns it, if the claim holds it.
with held as (
  select j.id, j.lease_token from jobs.job j
  where j.id = $1 and j.claim = $2 and j.state = 'in_progress' for update
), moved as (
  update jobs.job j set
    state = 'queued', alone = false, lease_until = null, lease_token = null,
    wake_at = clock_timestamp() + interval '60 s'
  from held h where j.id = h.id
  returning j.id, h.lease_token
), counted as (
  update jobs.delivery d set put_off = d.put_off + 1 from moved m where d.token = m.lease_token
)
select m.id from moved m
