-- 0007: signals of intent and their alerts, contact activity, and configurations
-- with drafts and versions.
--
-- Expands only: the build before scores as it did, without signals.

create schema analytics;
comment on schema analytics is 'What contacts did, and what is counted of it.';
create schema lead_intelligence;
comment on schema lead_intelligence is 'What enrichment found out about contacts.';

-- ---------------------------------------------------------------- events ----

create table scoring.event_seen (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  event_id        text        collate "C" not null check (length(event_id) between 1 and 64),
  batch           uuid        not null,
  seen_at         timestamptz not null default clock_timestamp(),
  primary key (organization_id, event_id)
);
comment on table scoring.event_seen is 'Contact events that were taken in: a repeat of one finds its row and changes nothing. Locked before everything else.';
comment on column scoring.event_seen.organization_id is 'Whose.';
comment on column scoring.event_seen.event_id is 'The event''s own id.';
comment on column scoring.event_seen.batch is 'The transaction''s batch: its later statements find by it what was new.';
comment on column scoring.event_seen.seen_at is 'When it was taken in; remembered longer than an event may be old.';
create index event_seen_age on scoring.event_seen using brin (seen_at);
comment on index scoring.event_seen_age is 'Events that may be forgotten; rows are written in the order of their time.';

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
);
comment on table analytics.contact_activity is 'Every contact event, as it came.';
comment on column analytics.contact_activity.organization_id is 'Whose contact.';
comment on column analytics.contact_activity.occurred_at is 'When it happened, as the product says; whole milliseconds.';
comment on column analytics.contact_activity.event_id is 'The event''s own id.';
comment on column analytics.contact_activity.contact_id is 'The contact.';
comment on column analytics.contact_activity.event_type is 'Type of event, such as content.PageVisited.';
comment on column analytics.contact_activity.channel is 'Where it comes from.';
comment on column analytics.contact_activity.campaign_id is 'The campaign it belongs to, if it names one.';
comment on column analytics.contact_activity.data is 'Its data, without the contact.';
comment on column analytics.contact_activity.received_at is 'When it was taken in, by the database''s clock.';
create index contact_activity_received on analytics.contact_activity using brin (received_at);
comment on index analytics.contact_activity_received is 'Activity by when it was taken in; rows are written in that order.';

create table lead_intelligence.enrichment_jobs (
  organization_id text          collate "C" not null check (length(organization_id) between 1 and 64),
  finished_at     timestamptz   not null,
  event_id        text          collate "C" not null check (length(event_id) between 1 and 64),
  contact_id      text          collate "C" not null check (length(contact_id) between 1 and 64),
  succeeded       boolean       not null,
  cost            numeric(12,4) check (cost between 0 and 1000000),
  freshness_hours int4          check (freshness_hours between 0 and 876600),
  received_at     timestamptz   not null default clock_timestamp(),
  primary key (organization_id, finished_at, event_id)
);
comment on table lead_intelligence.enrichment_jobs is 'Enrichment jobs that ended.';
comment on column lead_intelligence.enrichment_jobs.organization_id is 'Whose contact.';
comment on column lead_intelligence.enrichment_jobs.finished_at is 'When it ended, as its event says.';
comment on column lead_intelligence.enrichment_jobs.event_id is 'The event that told of it.';
comment on column lead_intelligence.enrichment_jobs.contact_id is 'The contact.';
comment on column lead_intelligence.enrichment_jobs.succeeded is 'Whether it found anything.';
comment on column lead_intelligence.enrichment_jobs.cost is 'What it cost, in the organization''s currency; null where unknown.';
comment on column lead_intelligence.enrichment_jobs.freshness_hours is 'Age of what it found, in hours; null where unknown.';
comment on column lead_intelligence.enrichment_jobs.received_at is 'When it was taken in, by the database''s clock.';
create index enrichment_jobs_received on lead_intelligence.enrichment_jobs using brin (received_at);
comment on index lead_intelligence.enrichment_jobs_received is 'Enrichment jobs by when they were taken in; rows are written in that order.';

-- --------------------------------------------------------------- signals ----

create table scoring.intent_signals (
  organization_id text         collate "C" not null check (length(organization_id) between 1 and 64),
  contact_id      text         collate "C" not null check (length(contact_id) between 1 and 64),
  event_id        text         collate "C" not null check (length(event_id) between 1 and 64),
  signal_type     text         collate "C" not null check (length(signal_type) between 1 and 64),
  source          text         not null check (source in ('content', 'delivery', 'crm', 'intent', 'enrichment')),
  weight          numeric(5,2) not null check (weight between 0 and 999.99),
  decay_model     text         not null check (decay_model in ('linear', 'exponential', 'step')),
  decay_hours     int2         not null check (decay_hours between 1 and 8784),
  priority        text         not null check (priority in ('critical', 'high', 'medium', 'low')),
  cap_per_day     int2         not null check (cap_per_day between 1 and 1000),
  detected_at     timestamptz  not null check (date_trunc('milliseconds', detected_at, 'UTC') = detected_at),
  decayed_at      timestamptz  not null check (decayed_at = detected_at + decay_hours * interval '1 hour'),
  input_version   bigint       not null check (input_version > 0),
  received_at     timestamptz  not null default clock_timestamp(),
  counted         boolean      not null default true,
  archived_at     timestamptz,
  primary key (organization_id, contact_id, event_id)
);
comment on table scoring.intent_signals is 'Signs that a contact wants to buy, one an event, with the weight and decay they were given when they came.';
comment on column scoring.intent_signals.organization_id is 'Whose contact.';
comment on column scoring.intent_signals.contact_id is 'The contact.';
comment on column scoring.intent_signals.event_id is 'The event that showed it.';
comment on column scoring.intent_signals.signal_type is 'Type, such as DEMO_REQUEST.';
comment on column scoring.intent_signals.source is 'Channel of its event.';
comment on column scoring.intent_signals.weight is 'Points when it was detected.';
comment on column scoring.intent_signals.decay_model is 'How the weight falls.';
comment on column scoring.intent_signals.decay_hours is 'Hours until nothing of it is left.';
comment on column scoring.intent_signals.priority is 'How urgent it is.';
comment on column scoring.intent_signals.cap_per_day is 'Most of its type that count for its contact and UTC day.';
comment on column scoring.intent_signals.detected_at is 'When its event happened; whole milliseconds.';
comment on column scoring.intent_signals.decayed_at is 'From when on it weighs nothing.';
comment on column scoring.intent_signals.input_version is 'Version of its contact''s inputs since which it is there.';
comment on column scoring.intent_signals.received_at is 'When it was taken in, by the database''s clock.';
comment on column scoring.intent_signals.counted is 'False where its type''s earliest of the day are as many as count.';
comment on column scoring.intent_signals.archived_at is 'When it was found to weigh nothing any more.';
create index intent_signals_live on scoring.intent_signals (organization_id, contact_id)
  include (weight, decay_model, decay_hours, detected_at)
  where archived_at is null and counted;
comment on index scoring.intent_signals_live is 'All that scoring reads of signals.';
create index intent_signals_of_day on scoring.intent_signals
  (organization_id, contact_id, signal_type, detected_at, event_id);
comment on index scoring.intent_signals_of_day is 'A type''s signals of a contact and day, in the order in which they count.';
create index intent_signals_listed on scoring.intent_signals
  (organization_id, contact_id, detected_at desc, event_id desc);
comment on index scoring.intent_signals_listed is 'A contact''s signals, newest first.';
create index intent_signals_archived on scoring.intent_signals (detected_at)
  where archived_at is not null;
comment on index scoring.intent_signals_archived is 'Signals that may be old.';
create index intent_signals_decayed on scoring.intent_signals (decayed_at) where archived_at is null;
comment on index scoring.intent_signals_decayed is 'Signals that may be archived.';

create table scoring.signal_alerts (
  id              uuid        primary key default uuidv7(),
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  contact_id      text        collate "C" not null check (length(contact_id) between 1 and 64),
  signal_type     text        collate "C" not null check (length(signal_type) between 1 and 64),
  priority        text        not null check (priority in ('critical', 'high', 'medium', 'low')),
  event_id        text        collate "C" not null check (length(event_id) between 1 and 64),
  status          text        not null default 'open' check (status in ('open', 'acknowledged', 'expired')),
  opened_at       timestamptz not null default clock_timestamp(),
  due_at          timestamptz not null check (due_at > opened_at),
  acknowledged_at timestamptz,
  acknowledged_by text        check (length(acknowledged_by) between 1 and 100),
  expired_at      timestamptz,
  constraint alert_acknowledged check
    ((status = 'acknowledged') = (acknowledged_at is not null)
      and (status = 'acknowledged') = (acknowledged_by is not null)),
  constraint alert_expired check ((status = 'expired') = (expired_at is not null))
);
comment on table scoring.signal_alerts is 'Urgent signals that a person should act on.';
comment on column scoring.signal_alerts.id is 'UUIDv7.';
comment on column scoring.signal_alerts.organization_id is 'Whose contact.';
comment on column scoring.signal_alerts.contact_id is 'The contact.';
comment on column scoring.signal_alerts.signal_type is 'Type of the signal that opened it.';
comment on column scoring.signal_alerts.priority is 'How urgent it is.';
comment on column scoring.signal_alerts.event_id is 'The event that opened it.';
comment on column scoring.signal_alerts.status is 'open, acknowledged, expired.';
comment on column scoring.signal_alerts.opened_at is 'When it was opened, by the database''s clock.';
comment on column scoring.signal_alerts.due_at is 'Until when somebody should act.';
comment on column scoring.signal_alerts.acknowledged_at is 'When somebody took it on.';
comment on column scoring.signal_alerts.acknowledged_by is 'Who, as the product knows them.';
comment on column scoring.signal_alerts.expired_at is 'When it was found overdue.';
create unique index signal_alerts_open on scoring.signal_alerts
  (organization_id, contact_id, signal_type) where status = 'open';
comment on index scoring.signal_alerts_open is 'At most one open alert a contact and type.';
create index signal_alerts_due on scoring.signal_alerts (due_at) where status = 'open';
comment on index scoring.signal_alerts_due is 'Open alerts that may be overdue.';
create index signal_alerts_listed on scoring.signal_alerts (organization_id, id);
comment on index scoring.signal_alerts_listed is 'An organization''s alerts by their time.';
create index signal_alerts_closed on scoring.signal_alerts (id) where status <> 'open';
comment on index scoring.signal_alerts_closed is 'Alerts that may be old.';

-- -------------------------------------------------------- configurations ----

-- Counts publications of all organizations, under its row's lock until they are
-- committed: whoever reads an epoch sees every publication up to it and can name
-- exactly these later.
create table scoring.config_epoch (
  one   boolean primary key default true check (one),
  epoch bigint  not null check (epoch >= 0)
);
comment on table scoring.config_epoch is 'The number of the newest publication of any organization.';
comment on column scoring.config_epoch.one is 'There is one row.';
comment on column scoring.config_epoch.epoch is 'Raised by every publication, in its transaction.';
insert into scoring.config_epoch (epoch) values (0);

create table scoring.config_documents (
  organization_id text        collate "C" not null references scoring.config_versions on delete cascade,
  version         bigint      not null check (version > 0),
  epoch           bigint      not null check (epoch >= 0),
  factors         jsonb       not null check (jsonb_typeof(factors) = 'array'),
  signals         jsonb       not null check (jsonb_typeof(signals) = 'array'),
  published_by    text        not null check (length(published_by) between 1 and 100),
  published_at    timestamptz not null default clock_timestamp(),
  primary key (organization_id, version),
  unique (organization_id, epoch)
);
comment on table scoring.config_documents is 'Every configuration that was published; scoring_configs and signal_configs are the newest, by entry.';
comment on column scoring.config_documents.organization_id is 'Whose.';
comment on column scoring.config_documents.version is 'Its number among the organization''s.';
comment on column scoring.config_documents.epoch is 'Its number among all publications.';
comment on column scoring.config_documents.factors is 'Array of {category, factor, weight, enabled}.';
comment on column scoring.config_documents.signals is 'Array of {signalType, weight, decayHours, decayModel, tier, enabled, capPerDay}.';
comment on column scoring.config_documents.published_by is 'Who published it: a key''s id; migration for what was there before.';
comment on column scoring.config_documents.published_at is 'When.';

insert into scoring.config_documents (organization_id, version, epoch, factors, signals, published_by)
select v.organization_id, v.version, 0,
       coalesce((select jsonb_agg(jsonb_build_object('category', c.category, 'factor', c.factor,
                          'weight', trim_scale(c.weight), 'enabled', c.enabled) order by c.factor)
                 from scoring.scoring_configs c where c.organization_id = v.organization_id), '[]'),
       '[]', 'migration'
from scoring.config_versions v;

create table scoring.signal_configs (
  organization_id text         collate "C" not null references scoring.config_versions on delete cascade,
  signal_type     text         collate "C" not null check (signal_type ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  weight          numeric(5,2) check (weight between 0 and 999.99),
  decay_hours     int2         not null check (decay_hours between 1 and 8784),
  decay_model     text         not null check (decay_model in ('linear', 'exponential', 'step')),
  tier            text         check (tier in ('critical', 'high', 'medium', 'low')),
  enabled         boolean      not null,
  cap_per_day     int2         check (cap_per_day between 1 and 1000),
  primary key (organization_id, signal_type)
);
comment on table scoring.signal_configs is 'What an organization says of types of signal; holds for signals that come from then on.';
comment on column scoring.signal_configs.organization_id is 'Whose.';
comment on column scoring.signal_configs.signal_type is 'The type.';
comment on column scoring.signal_configs.weight is 'Points when it comes; null for the event''s default.';
comment on column scoring.signal_configs.decay_hours is 'Hours until nothing of it is left.';
comment on column scoring.signal_configs.decay_model is 'How the weight falls.';
comment on column scoring.signal_configs.tier is 'Its priority, in place of the type''s own; null for that.';
comment on column scoring.signal_configs.enabled is 'False: such an event makes no signal.';
comment on column scoring.signal_configs.cap_per_day is 'Most that count for a contact and UTC day; null for the default.';

create table scoring.config_drafts (
  organization_id text        collate "C" primary key check (length(organization_id) between 1 and 64),
  revision        bigint      not null check (revision > 0),
  factors         jsonb       check (jsonb_typeof(factors) = 'array'),
  signals         jsonb       check (jsonb_typeof(signals) = 'array'),
  updated_by      text        not null check (length(updated_by) between 1 and 100),
  updated_at      timestamptz not null default clock_timestamp(),
  constraint config_draft_whole check ((factors is null) = (signals is null))
);
comment on table scoring.config_drafts is 'Configurations that are being worked on.';
comment on column scoring.config_drafts.organization_id is 'Whose.';
comment on column scoring.config_drafts.revision is 'Raised by every change of the draft, its publication included; only grows.';
comment on column scoring.config_drafts.factors is 'As in config_documents; null where there is no draft.';
comment on column scoring.config_drafts.signals is 'As in config_documents; null where there is no draft.';
comment on column scoring.config_drafts.updated_by is 'Who changed it last: a key''s id.';
comment on column scoring.config_drafts.updated_at is 'When.';

-- ---------------------------------------------------------------- scores ----

alter table scoring.lead_scores add column digest int8;
comment on column scoring.lead_scores.digest is 'Hash of contributions, by which a recompute finds what changed; null where the build before wrote it.';

-- ------------------------------------------------------------------ runs ----

alter table jobs.run add column pinned int8 check (pinned >= 0);
comment on column jobs.run.pinned is
  'Newest scoring.config_epoch that its chunks look at, set by its planner; null where nothing is pinned.';

-- Runs of one organization lock each other out by themselves; those of schedules
-- have none, and go on as before.
drop index jobs.run_lock;
create unique index run_lock on jobs.run (job_key, organization_id) nulls not distinct
  where status = 'running' and exclusive;
comment on index jobs.run_lock is
  'The lock of a job_key, for one organization or for none: at most one open exclusive run.';

-- A publication that meets an open run of its organization's opens none: whatever
-- ends that run opens the next one, if it was pinned to something older. The
-- publisher holds the open run's row until it commits, so that either it finds
-- the run over, or this function finds the publication.
create function scoring.reopen_publication() returns trigger
language plpgsql volatile as $$
declare
  opened uuid;
begin
  if new.pinned >= (select max(d.epoch) from scoring.config_documents d
                    where d.organization_id = new.organization_id) then
    return null;
  end if;
  insert into jobs.run (id, job_key, organization_id, trigger, request_id, jobs_total, exclusive)
  values (uuidv7(), new.job_key, new.organization_id, 'api', new.request_id, 1, true)
  on conflict (job_key, organization_id) where status = 'running' and exclusive do nothing
  returning id into opened;
  if opened is not null then
    insert into jobs.job (queue, type, organization_id, data, failures_max, run_id, request_id, wake_at)
    values ('mauntic-scoring-events', 'scoring.BatchRecompute', new.organization_id,
            jsonb_build_object('organizationId', new.organization_id), 3, opened, new.request_id,
            clock_timestamp());
  end if;
  return null;
end
$$;
comment on function scoring.reopen_publication is
  'Opens the recompute of what was published while another one was open.';
create trigger run_reopens after update of status on jobs.run for each row
  when (old.status = 'running' and new.status <> 'running' and new.pinned is not null
        and new.job_key = 'scoring-config-publish')
  execute function scoring.reopen_publication();

-- ---------------------------------------------------------------- rights ----

grant usage on schema analytics, lead_intelligence to mauntic_http, mauntic_queue;

do $$
declare
  owned text;
begin
  foreach owned in array array[
    'scoring.event_seen', 'scoring.intent_signals', 'scoring.signal_alerts',
    'scoring.config_documents', 'scoring.signal_configs', 'scoring.config_drafts',
    'analytics.contact_activity', 'lead_intelligence.enrichment_jobs'] loop
    execute format('alter table %s enable row level security', owned);
    execute format('create policy of_organization on %s to mauntic_http
      using (organization_id = (select current_setting(''app.organization'', true)))
      with check (organization_id = (select current_setting(''app.organization'', true)))', owned);
    execute format('create policy of_everyone on %s to mauntic_queue
      using (true) with check (true)', owned);
    execute format('grant select, insert on %s to mauntic_http', owned);
    execute format('grant select, insert, update, delete on %s to mauntic_queue', owned);
  end loop;
end
$$;

grant update (counted) on scoring.intent_signals to mauntic_http;
grant update (status, acknowledged_at, acknowledged_by) on scoring.signal_alerts to mauntic_http;
grant update on scoring.config_drafts to mauntic_http;
grant update, delete on scoring.signal_configs to mauntic_http;
grant insert, update, delete on scoring.scoring_configs to mauntic_http;
grant insert, update on scoring.config_versions to mauntic_http;
grant select on scoring.config_epoch to mauntic_http, mauntic_queue;
grant update on scoring.config_epoch to mauntic_http;
grant insert, update on scoring.contact_features to mauntic_queue;

-- Products report events of organizations that may not be there.
grant usage on schema auth to mauntic_queue;
grant select (id) on auth.organization to mauntic_queue;

-- A publication opens a run, with its planner, and is audited.
grant insert (id, job_key, organization_id, trigger, request_id, jobs_total, exclusive),
  update (exclusive) on jobs.run to mauntic_http;
grant insert (run_id, wake_at) on jobs.job to mauntic_http;

-- Events and alerts that the HTTP worker takes in are told as the others.
alter table jobs.event_outbox enable row level security;
create policy event_of_organization on jobs.event_outbox to mauntic_http
  using (organization_id = (select current_setting('app.organization', true)))
  with check (organization_id = (select current_setting('app.organization', true)));
create policy event_of_everyone on jobs.event_outbox to mauntic_queue using (true) with check (true);
grant insert on jobs.event_outbox to mauntic_http;
