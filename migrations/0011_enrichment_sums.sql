-- 0011: averages of several days are those of their jobs.
--
-- Expands only: the build before writes rows without these sums, and what it counts
-- again keeps the sums of before; the next count of the day mends both.

alter table analytics.enrichment_metrics
  add column jobs_with_cost        int8          check (jobs_with_cost between 0 and total),
  add column cost_total            numeric(24,4) check (cost_total >= 0),
  add column jobs_with_freshness   int8          check (jobs_with_freshness between 0 and total),
  add column freshness_hours_total int8          check (freshness_hours_total >= 0);
comment on column analytics.enrichment_metrics.jobs_with_cost is 'Jobs whose cost is known; null where it was not counted yet.';
comment on column analytics.enrichment_metrics.cost_total is 'What these cost together, in the organization''s currency; null where it was not counted yet.';
comment on column analytics.enrichment_metrics.jobs_with_freshness is 'Jobs that tell the age of what was found; null where it was not counted yet.';
comment on column analytics.enrichment_metrics.freshness_hours_total is 'These ages together, in hours; null where it was not counted yet.';

-- As if all jobs of a day told it, which is how its average was weighted; where its
-- jobs are still there, the next count is exact.
update analytics.enrichment_metrics m set
  jobs_with_cost = case when m.average_cost is null then 0 else m.total end,
  cost_total = coalesce(m.average_cost * m.total, 0),
  jobs_with_freshness = case when m.average_freshness_hours is null then 0 else m.total end,
  freshness_hours_total = coalesce(round(m.average_freshness_hours * m.total), 0);
