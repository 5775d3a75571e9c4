-- Enrichment jobs and scores: $1 enrichment jobs, evenly over $2 seconds until $3 timestamptz;
-- $4 contacts an organization, with a score of each of five days.
with enriched as (
  insert into lead_intelligence.enrichment_jobs (organization_id, finished_at, event_id,
    contact_id, succeeded, cost, freshness_hours, received_at)
  select 'org_' || lpad((n % 50)::text, 2, '0'), date_trunc('milliseconds', t.at), 'j' || n,
         'contact_' || n % 20000, n % 7 > 0, n % 100 / 100.0, n % 48, t.at
  from generate_series(0, $1::int4 - 1) n
  cross join lateral (
    select $3::timestamptz - ($1 - n) * ($2::float8 / $1) * interval '1 s' as at) t
), contacts as (
  select 'org_' || lpad((n % 50)::text, 2, '0') as organization_id, 'contact_' || n / 50 as contact_id,
         round((n::int8 * 7919 % 1000003) / 10000.04, 4)::numeric(7,4) as total
  from generate_series(0, $4::int4 * 50 - 1) n
), scored as (
  insert into scoring.lead_scores (organization_id, contact_id, total_score, fit_score,
    engagement_score, intent_score, grade, contributions, input_version, config_version, job_id,
    calculated_at)
  select organization_id, contact_id, total, total, 0, 0,
         case when total >= 80 then 'A' when total >= 60 then 'B' when total >= 40 then 'C'
              when total >= 20 then 'D' else 'F' end,
         '[]', 1, 0, '00000000-0000-0000-0000-000000000000', $3
  from contacts order by organization_id, contact_id
)
insert into scoring.score_history (organization_id, contact_id, day, total_score, grade,
  fit_score, engagement_score, intent_score, updated_at)
select organization_id, contact_id, ($3::timestamptz at time zone 'UTC')::date - back, total,
       case when total >= 80 then 'A' when total >= 60 then 'B' when total >= 40 then 'C'
            when total >= 20 then 'D' else 'F' end, total, 0, 0, $3
from contacts cross join generate_series(0, 4) back
order by 1, 2, 3
