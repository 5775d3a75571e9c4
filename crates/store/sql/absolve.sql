-- absolve: the leases of an invocation count against no job when they run out.
-- $1 uuid its token.
with held as (
  select j.id from jobs.job j
  where j.finished_at is null and j.lease_token = $1 and j.state = 'in_progress' and j.alone
  order by j.id for update skip locked
)
update jobs.job j set alone = false from held where j.id = held.id
