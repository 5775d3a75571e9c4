-- distribute_scores: spreads contacts' scores as they stood at the end of a day, by organization.
-- $1 date the day; $2, $3 text of organizations after the one and up to the other, or null.
-- Of each contact with a score the newest row up to the day is looked up: however long the
-- history, there are as many look-ups as contacts.
with newest as materialized (
  select s.organization_id, h.total_score, h.grade
  from scoring.lead_scores s
  cross join lateral (
    select h.total_score, h.grade
    from scoring.score_history h
    where h.organization_id = s.organization_id and h.contact_id = s.contact_id and h.day <= $1
    order by h.day desc limit 1
  ) h
  where ($2::text is null or s.organization_id > $2)
    and ($3::text is null or s.organization_id <= $3)
), buckets as (
  select n.organization_id, least(floor(n.total_score / 5), 19)::int4 as bucket,
         count(*) as contacts
  from newest n
  group by n.organization_id, least(floor(n.total_score / 5), 19)::int4
), spread as (
  select n.organization_id, round(avg(n.total_score), 2) as average,
         min(n.total_score) as minimum, max(n.total_score) as maximum,
         percentile_disc(array[0.5, 0.9, 0.95]::float8[]) within group (order by n.total_score)
           as percentiles,
         count(*) as contacts,
         count(*) filter (where n.grade = 'A') as a, count(*) filter (where n.grade = 'B') as b,
         count(*) filter (where n.grade = 'C') as c, count(*) filter (where n.grade = 'D') as d,
         count(*) filter (where n.grade = 'F') as f
  from newest n
  group by n.organization_id
)
insert into analytics.daily_score_distribution as t (
  organization_id, date, average, minimum, maximum, p50, p90, p95, total_contacts, histogram,
  grade_a, grade_b, grade_c, grade_d, grade_f)
select s.organization_id, $1, s.average, s.minimum, s.maximum, s.percentiles[1],
       s.percentiles[2], s.percentiles[3], s.contacts,
       array(select coalesce(b.contacts, 0)
             from generate_series(0, 19) g(bucket)
             left join buckets b on b.organization_id = s.organization_id and b.bucket = g.bucket
             order by g.bucket),
       s.a, s.b, s.c, s.d, s.f
from spread s
order by s.organization_id
on conflict (organization_id, date) do update set
  average = excluded.average, minimum = excluded.minimum, maximum = excluded.maximum,
  p50 = excluded.p50, p90 = excluded.p90, p95 = excluded.p95,
  total_contacts = excluded.total_contacts, histogram = excluded.histogram,
  grade_a = excluded.grade_a, grade_b = excluded.grade_b, grade_c = excluded.grade_c,
  grade_d = excluded.grade_d, grade_f = excluded.grade_f
where (t.average, t.minimum, t.maximum, t.p50, t.p90, t.p95, t.total_contacts, t.histogram,
       t.grade_a, t.grade_b, t.grade_c, t.grade_d, t.grade_f)
  is distinct from (excluded.average, excluded.minimum, excluded.maximum, excluded.p50,
       excluded.p90, excluded.p95, excluded.total_contacts, excluded.histogram,
       excluded.grade_a, excluded.grade_b, excluded.grade_c, excluded.grade_d, excluded.grade_f)
