-- $1, $2 received from then and before then; $3, $4 ended from then and before then; $5, $6 the
-- whole day.
with touched as (
  select distinct organization_id, (finished_at at time zone 'UTC')::date as day
  from lead_intelligence.enrichment_jobs
  where received_at >= $1 and received_at < $2 and finished_at >= $3 and finished_at < $4
), counted as (
  select organization_id, ($5 at time zone 'UTC')::date as day, succeeded, cost, freshness_hours
  from lead_intelligence.enrichment_jobs
  where finished_at >= $5 and finished_at < $6
  union all
  select j.organization_id, t.day, j.succeeded, j.cost, j.freshness_hours
  from touched t
  join lead_intelligence.enrichment_jobs j on j.organization_id = t.organization_id
    and j.finished_at >= t.day::timestamp at time zone 'UTC'
    and j.finished_at < (t.day + 1)::timestamp at time zone 'UTC'
)
insert into analytics.enrichment_metrics (
  organization_id, date, total, succeeded, success_rate, average_cost, average_freshness_hours,
  jobs_with_cost, cost_total, jobs_with_freshness, freshness_hours_total)
select organization_id, day, count(*), count(*) filter (where succeeded),
       round(count(*) filter (where succeeded) * 100::numeric / count(*), 2),
       round(avg(cost), 4), round(avg(freshness_hours), 2), count(cost), coalesce(sum(cost), 0),
       count(freshness_hours), coalesce(sum(freshness_hours), 0)
from counted
group by organization_id, day
