-- report_events: an organization's events by period, type and channel.
-- $1 text organization; $2, $3 date first and last day; $4 int8 most lines; $5 date first day of
-- the last line seen, or null; $6 text[] its type and channel; $7 text period: day, week, month.
-- The periods are gone through in their order, so that a page reads those that it shows. Contacts
-- of more than one day are not known: the same may be among both.
select p.from_day, p.to_day, e.texts, e.numbers
from (
  select greatest(s::date, $2) as from_day,
         least((s + ('1 ' || $7)::interval)::date - 1, $3) as to_day
  from generate_series(date_trunc($7, greatest($2, $5)::timestamp), $3::timestamp,
                       ('1 ' || $7)::interval) s
  order by 1
) p
cross join lateral (
  select array[e.event_type, e.channel] as texts,
         array[sum(e.event_count), case when count(*) = 1 then sum(e.unique_contacts) end,
               sum(e.unique_contacts)]::int8[] as numbers
  from analytics.event_aggregates e
  where e.organization_id = $1 and e.date between p.from_day and p.to_day
    and e.channel <> 'monthly_summary'
  group by e.event_type, e.channel
) e
where $5::date is null or (p.from_day, e.texts) > ($5, $6)
order by p.from_day, e.texts
limit $4
