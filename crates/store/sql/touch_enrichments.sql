-- touch_enrichments: marks the days that a roll-up of enrichment jobs counts.
-- $1 text job; $2 uuid batch; $3 date[] days that are counted in any case; $4 text day;
-- $5, $6 timestamptz jobs that were received from then and before then; $7, $8 timestamptz and
-- ended from then and before then; $9, $10 text of organizations after the one and up to the
-- other, or null. See touch_activity.
insert into analytics.rollup_days (job, day, batch)
select $1, d.day, $2
from (
  select (date_trunc($4, j.finished_at, 'UTC') at time zone 'UTC')::date as day
  from lead_intelligence.enrichment_jobs j
  where j.received_at >= $5 and j.received_at < $6 and j.finished_at >= $7 and j.finished_at < $8
    and ($9::text is null or j.organization_id > $9)
    and ($10::text is null or j.organization_id <= $10)
  union
  select unnest($3::date[])
) d
order by d.day
on conflict (job, day) do update set batch = excluded.batch
