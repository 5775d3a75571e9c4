-- $1 the day.
with newest as (
  select distinct on (organization_id, contact_id) organization_id, total_score, grade
  from scoring.score_history
  where day <= $1
  order by organization_id, contact_id, day desc
)
insert into analytics.daily_score_distribution (
  organization_id, date, average, minimum, maximum, p50, p90, p95, total_contacts, histogram,
  grade_a, grade_b, grade_c, grade_d, grade_f)
select organization_id, $1, round(avg(total_score), 2), min(total_score), max(total_score),
       percentile_disc(0.5) within group (order by total_score),
       percentile_disc(0.9) within group (order by total_score),
       percentile_disc(0.95) within group (order by total_score),
       count(*),
       (select array_agg(buckets.contacts order by buckets.bucket) from (
          select g.bucket, count(b.organization_id) as contacts
          from generate_series(0, 19) g(bucket)
          left join newest b on b.organization_id = n.organization_id
            and least(floor(b.total_score / 5), 19) = g.bucket
          group by g.bucket) buckets),
       count(*) filter (where grade = 'A'), count(*) filter (where grade = 'B'),
       count(*) filter (where grade = 'C'), count(*) filter (where grade = 'D'),
       count(*) filter (where grade = 'F')
from newest n
group by organization_id
