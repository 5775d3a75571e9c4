-- own_night: a night, a row for each fate and reason of an organization's users in it.
-- $1 text organization; $2 uuid run.
select n.id, n.status, n.started_at, n.completed_at, n.correlation_id, u.fate, u.reason,
       count(*) as users, sum(u.assets_scored)::int8 as assets
from portfolio.overnight_job_runs n
join portfolio.overnight_users u on u.run_id = n.id and u.organization_id = $1
where n.id = $2
group by n.id, n.status, n.started_at, n.completed_at, n.correlation_id, u.fate, u.reason
order by u.fate, u.reason
