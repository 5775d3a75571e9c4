-- report_campaigns: what became of an organization's campaigns' messages, by period.
-- $1 text organization; $2, $3 date first and last day; $4 int8 most lines; $5 date first day of
-- the last line seen, or null; $6 text[] its campaign; $7 text period: day, week or month.
-- The periods are gone through in their order, so that a page reads those that it shows. Contacts
-- of more than one day are not known: the same may be among both.
select p.from_day, p.to_day, c.texts, c.numbers
from (
  select greatest(s::date, $2) as from_day,
         least((s + ('1 ' || $7)::interval)::date - 1, $3) as to_day
  from generate_series(date_trunc($7, greatest($2, $5)::timestamp), $3::timestamp,
                       ('1 ' || $7)::interval) s
  order by 1
) p
cross join lateral (
  select array[c.campaign_id] as texts,
         array[sum(c.sent), sum(c.delivered), sum(c.opened),
               case when count(*) filter (where c.unique_opened > 0) <= 1
                    then sum(c.unique_opened) end,
               sum(c.unique_opened), sum(c.clicked),
               case when count(*) filter (where c.unique_clicked > 0) <= 1
                    then sum(c.unique_clicked) end,
               sum(c.unique_clicked), sum(c.bounced), sum(c.complained),
               sum(c.unsubscribed)]::int8[] as numbers
  from analytics.campaign_daily_stats c
  where c.organization_id = $1 and c.date between p.from_day and p.to_day
  group by c.campaign_id
) c
where $5::date is null or (p.from_day, c.texts) > ($5, $6)
order by p.from_day, c.texts
limit $4
