-- own_nights: nights that had users of an organization, the newest first.
-- $1 text organization; $2 uuid only nights before this one, or null; $3 int8 most rows.
select n.id, n.status, n.started_at, n.completed_at, n.correlation_id
from portfolio.overnight_job_runs n
where exists (select from portfolio.overnight_users u
              where u.run_id = n.id and u.organization_id = $1)
  and ($2::uuid is null or (n.started_at, n.id) < (
    select b.started_at, b.id from portfolio.overnight_job_runs b where b.id = $2))
order by n.started_at desc, n.id desc limit $3
