-- report_enrichments: an organization's enrichment jobs by period, averages in ten-thousandths.
-- $1 text organization; $2, $3 date first and last day; $4 int8 most lines; $5 date first day of
-- the last line seen, or null; $6 text[] empty; $7 text period: day, week or month.
-- An average is that of the jobs that tell it, rounded to the decimals that it has by day, halves
-- up: (2 * sum + jobs) / (2 * jobs), whole. A day whose sums do not explain its average was counted
-- by the build before: all of its jobs are taken to tell it.
select p.from_day, p.to_day, m.texts, m.numbers
from (
  select greatest(s::date, $2) as from_day,
         least((s + ('1 ' || $7)::interval)::date - 1, $3) as to_day
  from generate_series(date_trunc($7, greatest($2, $5)::timestamp), $3::timestamp,
                       ('1 ' || $7)::interval) s
  order by 1
) p
cross join lateral (
  select array[]::text[] as texts,
         array[m.jobs, m.succeeded,
               div(2 * m.succeeded * 10000 + m.jobs, 2 * m.jobs) * 100,
               div(2 * m.costs * 10000 + m.with_cost, nullif(2 * m.with_cost, 0)),
               div(2 * m.hours * 100 + m.with_hours, nullif(2 * m.with_hours, 0)) * 100
              ]::int8[] as numbers
  from (
    select sum(m.total) as jobs, sum(m.succeeded) as succeeded,
           sum(case when s.has_cost then m.cost_total else m.average_cost * m.total end) as costs,
           sum(case when s.has_cost then m.jobs_with_cost
                    when m.average_cost is not null then m.total end) as with_cost,
           sum(case when s.has_hours then m.freshness_hours_total
                    else m.average_freshness_hours * m.total end) as hours,
           sum(case when s.has_hours then m.jobs_with_freshness
                    when m.average_freshness_hours is not null then m.total end) as with_hours
    from analytics.enrichment_metrics m
    cross join lateral (
      select round(m.cost_total / nullif(m.jobs_with_cost, 0), 4)
               is not distinct from m.average_cost as has_cost,
             round(m.freshness_hours_total::numeric / nullif(m.jobs_with_freshness, 0), 2)
               is not distinct from m.average_freshness_hours as has_hours
    ) s
    where m.organization_id = $1 and m.date between p.from_day and p.to_day
    having count(*) > 0
  ) m
) m
where $5::date is null or (p.from_day, m.texts) > ($5, $6)
order by p.from_day, m.texts
limit $4
