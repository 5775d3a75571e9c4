-- report_months: an organization's events of whole months, by type.
-- $1 text organization; $2, $3 date first and last day: the months that begin in between; $4 int8
-- most lines; $5 date first day of the last line seen, or null; $6 text[] its type.
-- Behind the eight characters of monthly: is the type as the product names it.
select p.from_day, p.to_day, e.texts, e.numbers
from (
  select s::date as from_day, (s + interval '1 month')::date - 1 as to_day
  from generate_series(date_trunc('month', greatest($2, $5)::timestamp), $3::timestamp,
                       interval '1 month') s
  where s::date >= $2
  order by 1
) p
cross join lateral (
  select array[substr(e.event_type, 9)] as texts,
         array[e.event_count, e.unique_contacts] as numbers
  from analytics.event_aggregates e
  where e.organization_id = $1 and e.date = p.from_day and e.channel = 'monthly_summary'
) e
where $5::date is null or (p.from_day, e.texts) > ($5, $6)
order by p.from_day, e.texts
limit $4
