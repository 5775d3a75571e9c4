-- touch_days: marks the days that a roll-up counts in any case.
-- $1 text job; $2 uuid batch; $3 date[] the days. See touch_activity.
insert into analytics.rollup_days (job, day, batch)
select $1, d.day, $2 from unnest($3::date[]) d(day)
order by d.day
on conflict (job, day) do update set batch = excluded.batch
