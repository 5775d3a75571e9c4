-- measure_enrichments: measures enrichment jobs, of a whole day and of each organization's
-- touched days before it.
-- $1 text job; $2 uuid batch, by which the days are marked; $3, $4 timestamptz jobs that were
-- received from then and before then; $5, $6 timestamptz and ended from then and before then;
-- $7, $8 timestamptz the whole day, which begins where what ended before ends;
-- $9, $10 text of organizations after the one and up to the other, or null.
-- What came late is looked for where a day before was marked alone.
with touched as materialized (
  select distinct j.organization_id, (j.finished_at at time zone 'UTC')::date as day
  from lead_intelligence.enrichment_jobs j
  where j.received_at >= $3 and j.received_at < $4 and j.finished_at >= $5 and j.finished_at < $6
    and exists (select from analytics.rollup_days r
                where r.job = $1 and r.batch = $2 and r.day < ($7 at time zone 'UTC')::date)
    and ($9::text is null or j.organization_id > $9)
    and ($10::text is null or j.organization_id <= $10)
), ended as (
  select j.organization_id, ($7 at time zone 'UTC')::date as day, j.succeeded, j.cost,
         j.freshness_hours
  from lead_intelligence.enrichment_jobs j
  where j.finished_at >= $7 and j.finished_at < $8
    and ($9::text is null or j.organization_id > $9)
    and ($10::text is null or j.organization_id <= $10)
  union all
  select t.organization_id, t.day, d.succeeded, d.cost, d.freshness_hours
  from touched t
  join analytics.rollup_days r on r.job = $1 and r.day = t.day and r.batch = $2
  cross join lateral (
    select j.succeeded, j.cost, j.freshness_hours
    from lead_intelligence.enrichment_jobs j
    where j.organization_id = t.organization_id
      and j.finished_at >= t.day::timestamp at time zone 'UTC'
      and j.finished_at < (t.day + 1)::timestamp at time zone 'UTC'
    offset 0
  ) d
)
insert into analytics.enrichment_metrics as m (
  organization_id, date, total, succeeded, success_rate, average_cost, average_freshness_hours,
  jobs_with_cost, cost_total, jobs_with_freshness, freshness_hours_total)
select e.organization_id, e.day, count(*), count(*) filter (where e.succeeded),
       round(count(*) filter (where e.succeeded) * 100::numeric / count(*), 2),
       round(avg(e.cost), 4), round(avg(e.freshness_hours), 2), count(e.cost),
       coalesce(sum(e.cost), 0), count(e.freshness_hours), coalesce(sum(e.freshness_hours), 0)
from ended e
group by e.organization_id, e.day
order by e.organization_id, e.day
on conflict (organization_id, date) do update set
  total = excluded.total, succeeded = excluded.succeeded, success_rate = excluded.success_rate,
  average_cost = excluded.average_cost,
  average_freshness_hours = excluded.average_freshness_hours,
  jobs_with_cost = excluded.jobs_with_cost, cost_total = excluded.cost_total,
  jobs_with_freshness = excluded.jobs_with_freshness,
  freshness_hours_total = excluded.freshness_hours_total
where (m.total, m.succeeded, m.average_cost, m.average_freshness_hours, m.jobs_with_cost,
       m.cost_total, m.jobs_with_freshness, m.freshness_hours_total)
  is distinct from (excluded.total, excluded.succeeded, excluded.average_cost,
       excluded.average_freshness_hours, excluded.jobs_with_cost, excluded.cost_total,
       excluded.jobs_with_freshness, excluded.freshness_hours_total)
