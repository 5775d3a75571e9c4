-- report_scores: how an organization's contacts' scores were spread, by period: as they stood on
-- the newest day of it that there is.
-- $1 text organization; $2, $3 date first and last day; $4 int8 most lines; $5 date first day of
-- the last line seen, or null; $6 text[] unused: a
-- period has one line; $7 text period: day, week or month.
select p.from_day, p.to_day, d.texts, d.numbers
from (
  select greatest(s::date, $2) as from_day,
         least((s + ('1 ' || $7)::interval)::date - 1, $3) as to_day
  from generate_series(date_trunc($7, greatest($2, $5)::timestamp), $3::timestamp,
                       ('1 ' || $7)::interval) s
  order by 1
) p
cross join lateral (
  select array[to_char(d.date, 'YYYY-MM-DD')] as texts,
         array[d.average * 10000, d.minimum * 10000, d.maximum * 10000, d.p50 * 10000,
               d.p90 * 10000, d.p95 * 10000, d.total_contacts, d.grade_a, d.grade_b, d.grade_c,
               d.grade_d, d.grade_f]::int8[] || d.histogram as numbers
  from analytics.daily_score_distribution d
  where d.organization_id = $1 and d.date between p.from_day and p.to_day
  order by d.date desc
  limit 1
) d
where $5::date is null or p.from_day > $5
order by p.from_day
limit $4
