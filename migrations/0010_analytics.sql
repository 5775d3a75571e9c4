-- 0010: what is counted of contacts' activity, and activity by the month.
--
-- Expands only: the build before takes activity in as it did. What it would
-- delete of old activity it finds no more, because rows go by the month now.

-- -------------------------------------------------------------- activity ----

-- Out of the way, with the names of its indexes and constraints.
create schema analytics_before;
alter table analytics.contact_activity set schema analytics_before;

create table analytics.contact_activity (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  occurred_at     timestamptz not null,
  event_id        text        collate "C" not null check (length(event_id) between 1 and 64),
  contact_id      text        collate "C" not null check (length(contact_id) between 1 and 64),
  event_type      text        not null check (length(event_type) between 1 and 64),
  channel         text        not null check (channel in ('content', 'delivery', 'crm', 'intent', 'enrichment')),
  campaign_id     text        check (length(campaign_id) between 1 and 64),
  data            jsonb       not null check (jsonb_typeof(data) = 'object'),
  received_at     timestamptz not null default clock_timestamp(),
  primary key (organization_id, occurred_at, event_id)
) partition by range (occurred_at);
comment on table analytics.contact_activity is 'Every contact event, as it came; a partition a month (UTC).';
comment on column analytics.contact_activity.organization_id is 'Whose contact.';
comment on column analytics.contact_activity.occurred_at is 'When it happened, as the product says; whole milliseconds.';
comment on column analytics.contact_activity.event_id is 'The event''s own id.';
comment on column analytics.contact_activity.contact_id is 'The contact.';
comment on column analytics.contact_activity.event_type is 'Type of event, such as content.PageVisited.';
comment on column analytics.contact_activity.channel is 'Where it comes from.';
comment on column analytics.contact_activity.campaign_id is 'The campaign it belongs to, if it names one.';
comment on column analytics.contact_activity.data is 'Its data, without the contact.';
comment on column analytics.contact_activity.received_at is 'When it was taken in, by the database''s clock.';
-- What was written since the last vacuum would be read every time otherwise.
create index contact_activity_received on analytics.contact_activity
  using brin (received_at) with (autosummarize = on);
comment on index analytics.contact_activity_received is 'Activity by when it was taken in; rows are written in that order.';
create index contact_activity_occurred on analytics.contact_activity
  using brin (occurred_at) with (autosummarize = on);
comment on index analytics.contact_activity_occurred is 'Activity by when it happened; most is taken in soon after.';

alter table analytics.contact_activity enable row level security;
create policy of_organization on analytics.contact_activity to mauntic_http
  using (organization_id = (select current_setting('app.organization', true)))
  with check (organization_id = (select current_setting('app.organization', true)));
-- Nobody deletes rows: the build before would do it by their place, and a place is
-- one of every partition.
create policy of_everyone on analytics.contact_activity for select to mauntic_queue using (true);
create policy by_everyone on analytics.contact_activity for insert to mauntic_queue with check (true);
grant select, insert on analytics.contact_activity to mauntic_http;
grant select, insert, update, delete on analytics.contact_activity to mauntic_queue;

-- A partition is made beside the table and then attached, and so waits for nobody
-- who reads or writes. To drop one takes a moment without either: who does not get
-- it within a second leaves it to the next tick.
create function analytics.keep_months(earliest timestamptz, latest timestamptz, gone timestamptz)
returns void language plpgsql volatile security definer
set search_path = pg_catalog set lock_timeout = '1s' as $$
declare
  start   timestamptz := date_trunc('month', earliest, 'UTC');
  part    text;
begin
  -- Somebody else is at it.
  if not pg_try_advisory_xact_lock(hashtextextended('analytics.keep_months', 0)) then
    return;
  end if;
  while start <= latest loop
    part := to_char(start at time zone 'UTC', '"contact_activity_"YYYY_MM');
    if to_regclass('analytics.' || part) is null then
      execute format('create table analytics.%I
        (like analytics.contact_activity including comments including constraints including defaults)', part);
      execute format('comment on table analytics.%I is %L', part,
        to_char(start at time zone 'UTC', '"Activity of the month "YYYY-MM" (UTC)."'));
      execute format('alter table analytics.%I enable row level security', part);
      execute format('alter table analytics.contact_activity attach partition analytics.%I
        for values from (%L) to (%L)', part, start, date_add(start, '1 month', 'UTC'));
    end if;
    start := date_add(start, '1 month', 'UTC');
  end loop;
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'analytics.contact_activity'::regclass
      and right(c.relname, 7) < to_char(gone at time zone 'UTC', 'YYYY_MM')
    order by c.relname
  loop
    begin
      execute format('drop table analytics.%I', part);
    exception when lock_not_available then
      exit;
    end;
  end loop;
end
$$;
comment on function analytics.keep_months is
  'Makes the partitions of activity from the month of earliest to the month of latest, and drops those that end at gone or before.';
revoke all on function analytics.keep_months from public;
grant execute on function analytics.keep_months to mauntic_queue;

-- Events are 36 days old at most; as far ahead as the tick keeps making months.
select analytics.keep_months(
  least(clock_timestamp() - interval '36 days', (select min(a.occurred_at) from analytics_before.contact_activity a)),
  greatest(clock_timestamp() + interval '3 months', (select max(a.occurred_at) from analytics_before.contact_activity a)),
  'epoch');
insert into analytics.contact_activity (organization_id, occurred_at, event_id, contact_id,
  event_type, channel, campaign_id, data, received_at)
select a.organization_id, a.occurred_at, a.event_id, a.contact_id, a.event_type, a.channel,
       a.campaign_id, a.data, a.received_at
from analytics_before.contact_activity a
order by a.received_at;
drop schema analytics_before cascade;

-- ------------------------------------------------------ enrichment jobs ----

create index enrichment_jobs_finished on lead_intelligence.enrichment_jobs
  using brin (finished_at) with (autosummarize = on);
comment on index lead_intelligence.enrichment_jobs_finished is 'Enrichment jobs by when they ended; most are taken in soon after.';
alter index lead_intelligence.enrichment_jobs_received set (autosummarize = on);

-- -------------------------------------------------------------- roll-ups ----

create table analytics.event_aggregates (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  date            date        not null,
  event_type      text        collate "C" not null check (length(event_type) between 1 and 72),
  channel         text        collate "C" not null
    check (channel in ('content', 'delivery', 'crm', 'intent', 'enrichment', 'monthly_summary')),
  event_count     int8        not null check (event_count > 0),
  unique_contacts int8        not null check (unique_contacts between 1 and event_count),
  updated_at      timestamptz not null default clock_timestamp(),
  primary key (organization_id, date, event_type, channel),
  constraint aggregate_of_month check
    ((channel = 'monthly_summary') = (event_type like 'monthly:%')
      and (channel <> 'monthly_summary' or extract(day from date) = 1))
);
comment on table analytics.event_aggregates is 'Activity counted by UTC day, type and channel; and by month and type, as type monthly:… and channel monthly_summary.';
comment on column analytics.event_aggregates.organization_id is 'Whose contacts.';
comment on column analytics.event_aggregates.date is 'UTC day on which it happened; of a month its first day.';
comment on column analytics.event_aggregates.event_type is 'Type of event, such as content.PageVisited; of a month monthly: and the type.';
comment on column analytics.event_aggregates.channel is 'Where it comes from; of a month monthly_summary.';
comment on column analytics.event_aggregates.event_count is 'Events.';
comment on column analytics.event_aggregates.unique_contacts is 'Contacts who did it, each once.';
comment on column analytics.event_aggregates.updated_at is 'When these counts were found first, by the database''s clock.';

create table analytics.campaign_daily_stats (
  organization_id text collate "C" not null check (length(organization_id) between 1 and 64),
  date            date not null,
  campaign_id     text collate "C" not null check (length(campaign_id) between 1 and 64),
  sent            int8 not null check (sent >= 0),
  delivered       int8 not null check (delivered >= 0),
  opened          int8 not null check (opened >= 0),
  unique_opened   int8 not null check (unique_opened between 0 and opened),
  clicked         int8 not null check (clicked >= 0),
  unique_clicked  int8 not null check (unique_clicked between 0 and clicked),
  bounced         int8 not null check (bounced >= 0),
  complained      int8 not null check (complained >= 0),
  unsubscribed    int8 not null check (unsubscribed >= 0),
  primary key (organization_id, date, campaign_id)
);
comment on table analytics.campaign_daily_stats is 'What became of a campaign''s messages, by UTC day.';
comment on column analytics.campaign_daily_stats.organization_id is 'Whose campaign.';
comment on column analytics.campaign_daily_stats.date is 'UTC day on which it happened.';
comment on column analytics.campaign_daily_stats.campaign_id is 'The campaign.';
comment on column analytics.campaign_daily_stats.sent is 'Messages sent.';
comment on column analytics.campaign_daily_stats.delivered is 'Messages delivered.';
comment on column analytics.campaign_daily_stats.opened is 'Openings.';
comment on column analytics.campaign_daily_stats.unique_opened is 'Contacts who opened, each once.';
comment on column analytics.campaign_daily_stats.clicked is 'Clicks.';
comment on column analytics.campaign_daily_stats.unique_clicked is 'Contacts who clicked, each once.';
comment on column analytics.campaign_daily_stats.bounced is 'Messages that came back.';
comment on column analytics.campaign_daily_stats.complained is 'Complaints.';
comment on column analytics.campaign_daily_stats.unsubscribed is 'Contacts'' notices that they want no more, as events.';

create table analytics.daily_score_distribution (
  organization_id text         collate "C" not null check (length(organization_id) between 1 and 64),
  date            date         not null,
  average         numeric(5,2) not null check (average between 0 and 100),
  minimum         numeric(7,4) not null check (minimum between 0 and 100),
  maximum         numeric(7,4) not null check (maximum between minimum and 100),
  p50             numeric(7,4) not null check (p50 between minimum and p90),
  p90             numeric(7,4) not null check (p90 <= p95),
  p95             numeric(7,4) not null check (p95 <= maximum),
  total_contacts  int8         not null check (total_contacts > 0),
  histogram       int8[]       not null check (cardinality(histogram) = 20),
  grade_a         int8         not null check (grade_a >= 0),
  grade_b         int8         not null check (grade_b >= 0),
  grade_c         int8         not null check (grade_c >= 0),
  grade_d         int8         not null check (grade_d >= 0),
  grade_f         int8         not null check (grade_f >= 0),
  primary key (organization_id, date),
  constraint distribution_grades check
    (grade_a + grade_b + grade_c + grade_d + grade_f = total_contacts)
);
comment on table analytics.daily_score_distribution is 'Contacts'' scores as they stood at the end of a UTC day.';
comment on column analytics.daily_score_distribution.organization_id is 'Whose contacts.';
comment on column analytics.daily_score_distribution.date is 'The UTC day.';
comment on column analytics.daily_score_distribution.average is 'Points, rounded to hundredths, halves up.';
comment on column analytics.daily_score_distribution.minimum is 'Points, the least.';
comment on column analytics.daily_score_distribution.maximum is 'Points, the most.';
comment on column analytics.daily_score_distribution.p50 is 'Points: the least score that half of the contacts do not exceed.';
comment on column analytics.daily_score_distribution.p90 is 'Points: the same of nine in ten.';
comment on column analytics.daily_score_distribution.p95 is 'Points: the same of nineteen in twenty.';
comment on column analytics.daily_score_distribution.total_contacts is 'Contacts with a score.';
comment on column analytics.daily_score_distribution.histogram is 'Contacts by score: 20 buckets of 5 points, [0, 5) the first, [95, 100] the last.';
comment on column analytics.daily_score_distribution.grade_a is 'Contacts of grade A.';
comment on column analytics.daily_score_distribution.grade_b is 'Contacts of grade B.';
comment on column analytics.daily_score_distribution.grade_c is 'Contacts of grade C.';
comment on column analytics.daily_score_distribution.grade_d is 'Contacts of grade D.';
comment on column analytics.daily_score_distribution.grade_f is 'Contacts of grade F.';

create table analytics.enrichment_metrics (
  organization_id         text          collate "C" not null check (length(organization_id) between 1 and 64),
  date                    date          not null,
  total                   int8          not null check (total > 0),
  succeeded               int8          not null check (succeeded between 0 and total),
  success_rate            numeric(5,2)  not null check (success_rate between 0 and 100),
  average_cost            numeric(12,4) check (average_cost between 0 and 1000000),
  average_freshness_hours numeric(9,2)  check (average_freshness_hours between 0 and 876600),
  primary key (organization_id, date)
);
comment on table analytics.enrichment_metrics is 'Enrichment jobs that ended, by UTC day.';
comment on column analytics.enrichment_metrics.organization_id is 'Whose contacts.';
comment on column analytics.enrichment_metrics.date is 'UTC day on which they ended.';
comment on column analytics.enrichment_metrics.total is 'Jobs.';
comment on column analytics.enrichment_metrics.succeeded is 'Jobs that found something.';
comment on column analytics.enrichment_metrics.success_rate is 'Percent of the jobs that found something, rounded to hundredths, halves up.';
comment on column analytics.enrichment_metrics.average_cost is 'Of the jobs whose cost is known, in the organization''s currency, rounded to ten-thousandths, halves up; null where none is.';
comment on column analytics.enrichment_metrics.average_freshness_hours is 'Age of what was found, in hours, of the jobs that tell it, rounded to hundredths, halves up; null where none does.';

create table analytics.rollup_days (
  job   text collate "C" not null check (length(job) between 1 and 64),
  day   date not null,
  batch uuid not null,
  primary key (job, day)
);
comment on table analytics.rollup_days is 'Who counts a day waits here for who counts it at that moment: the later count is the newer one. Five rows a day, kept.';
comment on column analytics.rollup_days.job is 'Type of the job that counts.';
comment on column analytics.rollup_days.day is 'The UTC day; of a month its first.';
comment on column analytics.rollup_days.batch is 'The job that counted it last; its later statements find by it what they count.';

-- ---------------------------------------------------------------- rights ----

do $$
declare
  owned text;
begin
  foreach owned in array array['event_aggregates', 'campaign_daily_stats',
                               'daily_score_distribution', 'enrichment_metrics'] loop
    execute format('alter table analytics.%I enable row level security', owned);
    execute format('create policy of_organization on analytics.%I to mauntic_http
      using (organization_id = (select current_setting(''app.organization'', true)))', owned);
    execute format('create policy of_everyone on analytics.%I to mauntic_queue
      using (true) with check (true)', owned);
    execute format('grant select on analytics.%I to mauntic_http', owned);
    execute format('grant select, insert, update, delete on analytics.%I to mauntic_queue', owned);
  end loop;
end
$$;

grant select, insert, update, delete on analytics.rollup_days to mauntic_queue;

