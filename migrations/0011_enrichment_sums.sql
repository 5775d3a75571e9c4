-- 0011: averages of several days are those of their jobs.
--
-- Expands only. Days that the build before counts have none of these sums, or those of
-- the count before; readers take them where they explain the day's average.

alter table analytics.enrichment_metrics
  add column jobs_with_cost        int8          check (jobs_with_cost between 0 and total),
  add column cost_total            numeric(24,4) check (cost_total >= 0),
  add column jobs_with_freshness   int8          check (jobs_with_freshness between 0 and total),
  add column freshness_hours_total int8          check (freshness_hours_total >= 0);
comment on column analytics.enrichment_metrics.jobs_with_cost is 'Jobs whose cost is known; null where it was not counted yet.';
comment on column analytics.enrichment_metrics.cost_total is 'What these cost together, in the organization''s currency; null where it was not counted yet.';
comment on column analytics.enrichment_metrics.jobs_with_freshness is 'Jobs that tell the age of what was found; null where it was not counted yet.';
comment on column analytics.enrichment_metrics.freshness_hours_total is 'These ages together, in hours; null where it was not counted yet.';
