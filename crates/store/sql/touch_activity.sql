-- touch_activity: marks the days, or months, that a roll-up of activity counts.
-- $1 text job; $2 uuid batch; $3 date[] those that are counted in any case, their first days;
-- $4 text day or month; $5, $6 timestamptz activity that was received from then and before then;
-- $7, $8 timestamptz and happened from then and before then; $9, $10 text of organizations after
-- the one and up to the other, or null.
-- In their order, and each mark waits for whoever counts the day now: two that count one day
-- never do it at once, nor deadlock. What is counted is found by the statements after this
-- one, which see what was committed before the last mark.
insert into analytics.rollup_days (job, day, batch)
select $1, d.day, $2
from (
  select (date_trunc($4, a.occurred_at, 'UTC') at time zone 'UTC')::date as day
  from analytics.contact_activity a
  where a.received_at >= $5 and a.received_at < $6 and a.occurred_at >= $7 and a.occurred_at < $8
    and ($9::text is null or a.organization_id > $9)
    and ($10::text is null or a.organization_id <= $10)
  union
  select unnest($3::date[])
) d
order by d.day
on conflict (job, day) do update set batch = excluded.batch
