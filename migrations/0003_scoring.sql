-- 0003: contacts' features, organizations' configuration, scores and their
-- history. Points are exact decimals with four places, the fixed-point unit of
-- the scoring rules (ten-thousandths of a point).

create table scoring.contact_features (
  organization_id text        collate "C" not null check (organization_id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  contact_id      text        collate "C" not null check (contact_id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  features        jsonb       not null check (jsonb_typeof(features) = 'object'),
  input_version   bigint      not null default 1 check (input_version > 0),
  created_at      timestamptz not null default clock_timestamp(),
  updated_at      timestamptz not null default clock_timestamp(),
  primary key (organization_id, contact_id)
);
comment on table scoring.contact_features is 'What the product says about a contact.';
comment on column scoring.contact_features.organization_id is 'Whose contact.';
comment on column scoring.contact_features.contact_id is 'The product''s own id of the contact.';
comment on column scoring.contact_features.features is 'The features document, camelCase names.';
comment on column scoring.contact_features.input_version is 'Raised by every writer under this row''s lock.';
comment on column scoring.contact_features.created_at is 'When the contact was first known.';
comment on column scoring.contact_features.updated_at is 'When the features were last stored.';

create table scoring.config_versions (
  organization_id text        collate "C" primary key,
  version         bigint      not null check (version > 0),
  updated_at      timestamptz not null default clock_timestamp()
);
comment on table scoring.config_versions is 'Head of an organization''s configuration.';
comment on column scoring.config_versions.organization_id is 'Whose.';
comment on column scoring.config_versions.version is 'Raised by every change of its entries, in the same transaction.';
comment on column scoring.config_versions.updated_at is 'When it was last changed.';

create table scoring.scoring_configs (
  organization_id text          collate "C" not null references scoring.config_versions on delete cascade,
  factor          text          collate "C" not null check (factor ~ '^[A-Za-z0-9_.:-]{1,64}$')
    check (factor not in
      ('clamp_0_100', 'context_demographic', 'context_engagement', 'context_intent')),
  category        text          not null check (category in ('fit', 'engagement', 'intent')),
  weight          numeric(10,2) not null check (abs(weight) <= 1000000),
  enabled         boolean       not null default true,
  primary key (organization_id, factor)
);
comment on table scoring.scoring_configs is 'An organization''s own weights.';
comment on column scoring.scoring_configs.organization_id is 'Whose.';
comment on column scoring.scoring_configs.factor is 'A factor of the model, or a custom one.';
comment on column scoring.scoring_configs.category is 'The category its points count in.';
comment on column scoring.scoring_configs.weight is 'Points given when it applies.';
comment on column scoring.scoring_configs.enabled is 'False switches the factor off.';

create table scoring.lead_scores (
  organization_id  text          collate "C" not null,
  contact_id       text          collate "C" not null,
  total_score      numeric(7,4)  not null check (total_score between 0 and 100),
  grade            text          not null check (grade in ('A', 'B', 'C', 'D', 'F')),
  fit_score        numeric(16,4) not null,
  engagement_score numeric(16,4) not null,
  intent_score     numeric(16,4) not null,
  contributions    jsonb         not null check (jsonb_typeof(contributions) = 'array'),
  previous_total   numeric(7,4)  check (previous_total between 0 and 100),
  input_version    bigint        not null check (input_version > 0),
  config_version   bigint        not null check (config_version >= 0),
  job_id           uuid          not null,
  calculated_at    timestamptz   not null,
  primary key (organization_id, contact_id),
  constraint lead_scores_grade check (grade = case when total_score >= 80 then 'A'
    when total_score >= 60 then 'B' when total_score >= 40 then 'C'
    when total_score >= 20 then 'D' else 'F' end),
  constraint lead_scores_total check (total_score =
    least(greatest(fit_score + engagement_score + intent_score, 0), 100))
);
comment on table scoring.lead_scores is 'The score of a contact, with what it is the sum of.';
comment on column scoring.lead_scores.organization_id is 'Whose contact.';
comment on column scoring.lead_scores.contact_id is 'The contact.';
comment on column scoring.lead_scores.total_score is 'Points: the sum of the three categories, clamped to 0..100.';
comment on column scoring.lead_scores.grade is 'A from 80, B from 60, C from 40, D from 20, else F.';
comment on column scoring.lead_scores.fit_score is 'Points of the category fit, not clamped.';
comment on column scoring.lead_scores.engagement_score is 'Points of the category engagement, not clamped.';
comment on column scoring.lead_scores.intent_score is 'Points of the category intent, not clamped.';
comment on column scoring.lead_scores.contributions is 'Array of {factor, category, points}, sorted by factor; sums to the categories.';
comment on column scoring.lead_scores.previous_total is 'Points: the last total that differed from this one.';
comment on column scoring.lead_scores.input_version is 'Version of the features it was computed from; never goes back.';
comment on column scoring.lead_scores.config_version is 'Version of the configuration it was computed from, 0 for none; never goes back.';
comment on column scoring.lead_scores.job_id is 'The job that computed it.';
comment on column scoring.lead_scores.calculated_at is 'The database''s time when that job was claimed.';

create index lead_scores_board on scoring.lead_scores
  (organization_id, (-total_score), contact_id);
comment on index scoring.lead_scores_board is
  'The leaderboard''s order, all ascending, so that a page is one range of it.';

create table scoring.score_history (
  organization_id  text          collate "C" not null,
  contact_id       text          collate "C" not null,
  day              date          not null,
  total_score      numeric(7,4)  not null,
  grade            text          not null,
  fit_score        numeric(16,4) not null,
  engagement_score numeric(16,4) not null,
  intent_score     numeric(16,4) not null,
  updated_at       timestamptz   not null,
  primary key (organization_id, contact_id, day)
);
comment on table scoring.score_history is 'A contact''s last score of each day on which it was scored.';
comment on column scoring.score_history.organization_id is 'Whose contact.';
comment on column scoring.score_history.contact_id is 'The contact.';
comment on column scoring.score_history.day is 'UTC day of the database''s clock.';
comment on column scoring.score_history.total_score is 'Points, as in lead_scores.';
comment on column scoring.score_history.grade is 'Grade of the total.';
comment on column scoring.score_history.fit_score is 'Points, as in lead_scores.';
comment on column scoring.score_history.engagement_score is 'Points, as in lead_scores.';
comment on column scoring.score_history.intent_score is 'Points, as in lead_scores.';
comment on column scoring.score_history.updated_at is 'When that score was calculated.';

do $$
declare
  owned text;
begin
  foreach owned in array array['contact_features', 'config_versions', 'scoring_configs',
                               'lead_scores', 'score_history'] loop
    execute format('alter table scoring.%I enable row level security', owned);
    execute format('create policy of_organization on scoring.%I to mauntic_http
      using (organization_id = (select current_setting(''app.organization'', true)))
      with check (organization_id = (select current_setting(''app.organization'', true)))', owned);
    execute format('create policy of_everyone on scoring.%I to mauntic_queue
      using (true) with check (true)', owned);
    execute format('grant select on scoring.%I to mauntic_http, mauntic_queue', owned);
  end loop;
end
$$;

grant insert, update on scoring.contact_features to mauntic_http;
grant insert, update on scoring.lead_scores, scoring.score_history to mauntic_queue;
