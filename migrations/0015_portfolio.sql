-- 0015: portfolios, and the nights that score them.
--
-- Expands only. What a user with 20 assets and 10 criteria costs, as tests/bench measures it:
-- see docs/overnight.md.

create schema portfolio;
comment on schema portfolio is 'Users'' assets and criteria, nights of scoring, and the scores that they make.';

-- ------------------------------------------------------------ what is scored ----

create table portfolio.users (
  organization_id  text        collate "C" not null check (length(organization_id) between 1 and 64),
  user_id          text        collate "C" not null check (length(user_id) between 1 and 64),
  base_currency    text        collate "C" not null check (base_currency ~ '^[A-Z]{3}$'),
  active           boolean     not null default true,
  created_at       timestamptz not null default clock_timestamp(),
  updated_at       timestamptz not null default clock_timestamp(),
  scored_run       uuid,
  scored_night_at  timestamptz,
  scored_at        timestamptz,
  primary key (organization_id, user_id),
  constraint user_scores check (num_nulls(scored_run, scored_night_at, scored_at) in (0, 3))
) with (fillfactor = 70);
comment on table portfolio.users is 'Whose portfolios are scored. Who writes a user''s newest scores locks the row.';
comment on column portfolio.users.organization_id is 'Whose.';
comment on column portfolio.users.user_id is 'The product''s own name.';
comment on column portfolio.users.base_currency is 'Prices count in it: three letters of ISO 4217.';
comment on column portfolio.users.active is 'Whether nights score it.';
comment on column portfolio.users.created_at is 'When its row was written.';
comment on column portfolio.users.updated_at is 'When the product last wrote it.';
comment on column portfolio.users.scored_run is 'The night whose scores are its newest; null before the first.';
comment on column portfolio.users.scored_night_at is 'When that night began.';
comment on column portfolio.users.scored_at is 'When they were scored.';

create table portfolio.assets (
  organization_id text collate "C" not null check (length(organization_id) between 1 and 64),
  user_id         text collate "C" not null check (length(user_id) between 1 and 64),
  asset_id        text collate "C" not null check (length(asset_id) between 1 and 64),
  symbol          text collate "C" not null check (symbol ~ '^[A-Z0-9.^=_-]{1,32}$'),
  market          text collate "C" not null check (market ~ '^[A-Z0-9_-]{1,16}$'),
  primary key (organization_id, user_id, asset_id),
  foreign key (organization_id, user_id) references portfolio.users
);
comment on table portfolio.assets is 'What is in users'' portfolios.';
comment on column portfolio.assets.organization_id is 'Whose.';
comment on column portfolio.assets.user_id is 'Whose of it.';
comment on column portfolio.assets.asset_id is 'The product''s own name.';
comment on column portfolio.assets.symbol is 'What the provider of prices calls it.';
comment on column portfolio.assets.market is 'Where it is traded, by the product''s own name.';

create table portfolio.criteria (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  user_id         text        collate "C" not null check (length(user_id) between 1 and 64),
  version         int4        not null check (version > 0),
  rules           text        not null check (rules is json and octet_length(rules) <= 262144),
  created_at      timestamptz not null default clock_timestamp(),
  primary key (organization_id, user_id, version),
  foreign key (organization_id, user_id) references portfolio.users
);
comment on table portfolio.criteria is 'By what users'' assets are scored; only added, the newest version counts.';
comment on column portfolio.criteria.organization_id is 'Whose.';
comment on column portfolio.criteria.user_id is 'Whose of it.';
comment on column portfolio.criteria.version is 'From 1, one a change.';
comment on column portfolio.criteria.rules is 'The criteria in their canonical text.';
comment on column portfolio.criteria.created_at is 'When its row was written.';

-- -------------------------------------------------------------------- nights ----

create table portfolio.overnight_job_runs (
  id              uuid        primary key,
  job_type        text        collate "C" not null check (length(job_type) between 1 and 64),
  status          text        not null default 'started'
    check (status in ('started', 'completed', 'partial', 'failed')),
  started_at      timestamptz not null,
  completed_at    timestamptz,
  correlation_id  text        collate "C" not null check (length(correlation_id) between 1 and 128),
  markets         text[]      collate "C" not null default '{}',
  inputs_of       uuid        not null,
  chunks_total    int4        not null default 0 check (chunks_total >= 0),
  chunks_done     int4        not null default 0 check (chunks_done between 0 and chunks_total),
  users_processed int8        not null default 0 check (users_processed >= 0),
  users_failed    int8        not null default 0 check (users_failed >= 0),
  users_skipped   int8        not null default 0 check (users_skipped >= 0),
  error_details   jsonb       not null default '{}' check (jsonb_typeof(error_details) = 'object'),
  metrics         jsonb       not null default '{}' check (jsonb_typeof(metrics) = 'object'),
  constraint night_end check ((status = 'started') = (completed_at is null))
) with (fillfactor = 50);
comment on table portfolio.overnight_job_runs is 'Nights. Every chunk counts in its row, as the last but the engine''s own run.';
comment on column portfolio.overnight_job_runs.id is 'The engine''s run that it is.';
comment on column portfolio.overnight_job_runs.job_type is 'The type of the job that began it.';
comment on column portfolio.overnight_job_runs.status is 'started, completed, partial where somebody failed, failed where nobody was scored.';
comment on column portfolio.overnight_job_runs.started_at is 'When it began; of two, the scores of the later one are the newer.';
comment on column portfolio.overnight_job_runs.completed_at is 'When it ended; null while it goes on.';
comment on column portfolio.overnight_job_runs.correlation_id is 'Of all that it does.';
comment on column portfolio.overnight_job_runs.markets is 'Users with an asset there are scored; all where it is empty.';
comment on column portfolio.overnight_job_runs.inputs_of is 'The night whose rates and prices it goes by: itself, or the one that it repeats for those who were not scored.';
comment on column portfolio.overnight_job_runs.chunks_total is 'Its chunks of users; 0 until the users are known.';
comment on column portfolio.overnight_job_runs.chunks_done is 'Those of them that are done.';
comment on column portfolio.overnight_job_runs.users_processed is 'Users with a score of it, once it has ended.';
comment on column portfolio.overnight_job_runs.users_failed is 'Users who could not be scored.';
comment on column portfolio.overnight_job_runs.users_skipped is 'Users of whom there was nothing to score.';
comment on column portfolio.overnight_job_runs.error_details is 'What went wrong: counts by reason, the first who failed, what was stale or unknown.';
comment on column portfolio.overnight_job_runs.metrics is 'What it took, by the names of its span''s attributes.';
create index night_by_correlation on portfolio.overnight_job_runs (correlation_id);
comment on index portfolio.night_by_correlation is 'A night by its correlation id.';
create index night_by_status on portfolio.overnight_job_runs (status);
comment on index portfolio.night_by_status is 'Nights that go on, or went wrong.';
create index night_by_start on portfolio.overnight_job_runs (started_at);
comment on index portfolio.night_by_start is 'Nights in their order, and what is too old.';

create table portfolio.overnight_steps (
  run_id  uuid        not null references portfolio.overnight_job_runs on delete cascade,
  step    text        collate "C" not null check (step in ('set_up', 'exchange_rates', 'users', 'prices')),
  done_at timestamptz not null default clock_timestamp(),
  took_ms int8        not null check (took_ms >= 0),
  summary jsonb       not null check (jsonb_typeof(summary) = 'object'),
  primary key (run_id, step)
);
comment on table portfolio.overnight_steps is 'Checkpoints: what a night has done, and does not do again.';
comment on column portfolio.overnight_steps.run_id is 'The night.';
comment on column portfolio.overnight_steps.step is 'The step.';
comment on column portfolio.overnight_steps.done_at is 'When, in the transaction that wrote what it did.';
comment on column portfolio.overnight_steps.took_ms is 'Milliseconds since it began.';
comment on column portfolio.overnight_steps.summary is 'What it did, for people.';

create table portfolio.exchange_rates (
  run_id     uuid        primary key references portfolio.overnight_job_runs on delete cascade,
  base       text        collate "C" not null check (base ~ '^[A-Z]{3}$'),
  as_of      timestamptz not null,
  fetched_at timestamptz not null,
  stale      boolean     not null,
  rates      text        not null check (rates is json object and octet_length(rates) <= 65536)
);
comment on table portfolio.exchange_rates is 'The rates of nights: each has one set, for all that it scores.';
comment on column portfolio.exchange_rates.run_id is 'The night.';
comment on column portfolio.exchange_rates.base is 'The currency that units are told for one of.';
comment on column portfolio.exchange_rates.as_of is 'For when the provider told them.';
comment on column portfolio.exchange_rates.fetched_at is 'When it was asked; a night that took them over keeps it.';
comment on column portfolio.exchange_rates.stale is 'Whether they were too old as the night took them.';
comment on column portfolio.exchange_rates.rates is 'The rates in their canonical text.';
create index rates_by_age on portfolio.exchange_rates (fetched_at);
comment on index portfolio.rates_by_age is 'The newest, where nobody tells any.';

create table portfolio.prices (
  run_id   uuid        not null references portfolio.overnight_job_runs on delete cascade,
  symbol   text        collate "C" not null check (symbol ~ '^[A-Z0-9.^=_-]{1,32}$'),
  asked_at timestamptz,
  quote    text        check (quote is json object and octet_length(quote) <= 4096),
  primary key (run_id, symbol),
  constraint price_is_asked check (quote is null or asked_at is not null)
) with (fillfactor = 70);
comment on table portfolio.prices is 'The symbols of a night''s users, and what it was told of each.';
comment on column portfolio.prices.run_id is 'The night.';
comment on column portfolio.prices.symbol is 'The symbol.';
comment on column portfolio.prices.asked_at is 'When an answer about it was stored, by this night or the one that it repeats; null until then.';
comment on column portfolio.prices.quote is 'The quote in its canonical text; null where the provider did not tell one.';

create table portfolio.overnight_users (
  run_id          uuid        not null,
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  user_id         text        collate "C" not null check (length(user_id) between 1 and 64),
  chunk           int4        not null check (chunk >= 0),
  fate            text        collate "C" check (fate in ('scored', 'skipped', 'failed')),
  reason          text        collate "C" check (length(reason) between 1 and 64),
  detail          text        check (length(detail) between 1 and 500),
  assets_scored   int4        not null default 0 check (assets_scored >= 0),
  primary key (run_id, organization_id, user_id),
  constraint fate_has_its_reason check (case fate
    when 'scored' then reason is null and assets_scored > 0
    else (fate is null) = (reason is null) and assets_scored = 0 end)
) with (fillfactor = 70);
comment on table portfolio.overnight_users is 'Whom a night scores, and what became of each.';
comment on column portfolio.overnight_users.run_id is 'The night. No foreign key: there are half a million rows of it.';
comment on column portfolio.overnight_users.organization_id is 'Whose.';
comment on column portfolio.overnight_users.user_id is 'Who.';
comment on column portfolio.overnight_users.chunk is 'From 0, in the order of the keys.';
comment on column portfolio.overnight_users.fate is 'scored, skipped or failed; null until its chunk is done.';
comment on column portfolio.overnight_users.reason is 'Why not scored.';
comment on column portfolio.overnight_users.detail is 'What exactly, for people.';
comment on column portfolio.overnight_users.assets_scored is 'How many assets were scored.';
create index overnight_users_of_chunk on portfolio.overnight_users (run_id, chunk);
comment on index portfolio.overnight_users_of_chunk is 'The users of a chunk.';

-- -------------------------------------------------------------------- scores ----

create table portfolio.calculation_events (
  run_id          uuid        not null,
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  user_id         text        collate "C" not null check (length(user_id) between 1 and 64),
  seq             int2        not null check (seq between 1 and 4),
  kind            text        collate "C" not null,
  correlation_id  uuid        not null,
  at              timestamptz not null,
  body            text        not null check (body is json object),
  primary key (run_id, organization_id, user_id, seq),
  constraint event_order check (kind =
    (array['CALC_STARTED', 'INPUTS_CAPTURED', 'SCORES_COMPUTED', 'CALC_COMPLETED'])[seq])
);
comment on table portfolio.calculation_events is 'How users were scored, event by event; only added.';
comment on column portfolio.calculation_events.run_id is 'The night.';
comment on column portfolio.calculation_events.organization_id is 'Whose.';
comment on column portfolio.calculation_events.user_id is 'Whose of it.';
comment on column portfolio.calculation_events.seq is 'The place of its kind, from 1: a user without scores has no third, and one of whom nothing could be captured no second.';
comment on column portfolio.calculation_events.kind is 'What happened.';
comment on column portfolio.calculation_events.correlation_id is 'Of this user''s calculation in this night.';
comment on column portfolio.calculation_events.at is 'When.';
comment on column portfolio.calculation_events.body is 'What it tells, in its canonical text: of INPUTS_CAPTURED all that SCORES_COMPUTED follows from, to the byte.';

create function portfolio.only_added() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'rows of % are only added', tg_table_name using errcode = 'JB006';
end
$$;
comment on function portfolio.only_added is 'Raises JB006: what was written stays.';
create trigger calculations_are_only_added before update or truncate
  on portfolio.calculation_events for each statement execute function portfolio.only_added();
create trigger criteria_are_only_added before update or truncate
  on portfolio.criteria for each statement execute function portfolio.only_added();

create table portfolio.asset_scores (
  organization_id  text         collate "C" not null check (length(organization_id) between 1 and 64),
  user_id          text         collate "C" not null check (length(user_id) between 1 and 64),
  asset_id         text         collate "C" not null check (length(asset_id) between 1 and 64),
  symbol           text         collate "C" not null check (length(symbol) between 1 and 32),
  score            numeric      not null check (scale(score) = 4),
  maximum          numeric      not null check (scale(maximum) = 4 and maximum >= 0),
  percentage       numeric      not null check (scale(percentage) = 4 and percentage <= 100),
  criteria_version int4         not null check (criteria_version > 0),
  run_id           uuid         not null,
  scored_at        timestamptz  not null,
  primary key (organization_id, user_id, asset_id),
  constraint score_within_maximum check (score <= maximum)
) with (fillfactor = 80);
comment on table portfolio.asset_scores is 'The newest scores; all of a user are of one night.';
comment on column portfolio.asset_scores.organization_id is 'Whose.';
comment on column portfolio.asset_scores.user_id is 'Whose of it.';
comment on column portfolio.asset_scores.asset_id is 'The asset.';
comment on column portfolio.asset_scores.symbol is 'What it was quoted by.';
comment on column portfolio.asset_scores.score is 'Points, with four decimals.';
comment on column portfolio.asset_scores.maximum is 'Points that could be had, with four decimals.';
comment on column portfolio.asset_scores.percentage is 'Percent of the maximum, with four decimals.';
comment on column portfolio.asset_scores.criteria_version is 'The version of the criteria.';
comment on column portfolio.asset_scores.run_id is 'The night.';
comment on column portfolio.asset_scores.scored_at is 'When.';
create index scores_by_asset on portfolio.asset_scores (organization_id, asset_id);
comment on index portfolio.scores_by_asset is 'Whose an asset is, by its id alone.';

create table portfolio.score_history (
  organization_id  text         collate "C" not null check (length(organization_id) between 1 and 64),
  user_id          text         collate "C" not null check (length(user_id) between 1 and 64),
  asset_id         text         collate "C" not null check (length(asset_id) between 1 and 64),
  night_at         timestamptz  not null,
  run_id           uuid         not null,
  symbol           text         collate "C" not null check (length(symbol) between 1 and 32),
  score            numeric      not null check (scale(score) = 4),
  maximum          numeric      not null check (scale(maximum) = 4 and maximum >= 0),
  percentage       numeric      not null check (scale(percentage) = 4 and percentage <= 100),
  criteria_version int4         not null check (criteria_version > 0),
  scored_at        timestamptz  not null,
  primary key (organization_id, user_id, asset_id, night_at, run_id),
  constraint score_was_within_maximum check (score <= maximum)
);
comment on table portfolio.score_history is 'Every night''s scores, one an asset and night.';
comment on column portfolio.score_history.organization_id is 'Whose.';
comment on column portfolio.score_history.user_id is 'Whose of it.';
comment on column portfolio.score_history.asset_id is 'The asset.';
comment on column portfolio.score_history.night_at is 'When the night began, by which a history is in its order.';
comment on column portfolio.score_history.run_id is 'The night.';
comment on column portfolio.score_history.symbol is 'What it was quoted by.';
comment on column portfolio.score_history.score is 'Points, with four decimals.';
comment on column portfolio.score_history.maximum is 'Points that could be had, with four decimals.';
comment on column portfolio.score_history.percentage is 'Percent of the maximum, with four decimals.';
comment on column portfolio.score_history.criteria_version is 'The version of the criteria.';
comment on column portfolio.score_history.scored_at is 'When.';
create index score_history_by_age on portfolio.score_history (night_at);
comment on index portfolio.score_history_by_age is 'What is too old; a night''s rows have one key, which is stored once a page.';

-- -------------------------------------------------------------------- rights ----

grant usage on schema portfolio to mauntic_http, mauntic_queue;

do $$
declare
  owned text;
begin
  foreach owned in array array['users', 'assets', 'criteria', 'overnight_users',
      'calculation_events', 'asset_scores', 'score_history'] loop
    execute format('alter table portfolio.%I enable row level security', owned);
    execute format('create policy of_organization on portfolio.%I to mauntic_http
      using (organization_id = (select current_setting(''app.organization'', true)))
      with check (organization_id = (select current_setting(''app.organization'', true)))', owned);
    execute format('create policy of_everyone on portfolio.%I to mauntic_queue
      using (true) with check (true)', owned);
    execute format('grant select on portfolio.%I to mauntic_http, mauntic_queue', owned);
  end loop;
end
$$;

-- What a night is for all: no counts of others' users, and no names of theirs.
grant select (id, job_type, status, started_at, completed_at, correlation_id, inputs_of)
  on portfolio.overnight_job_runs to mauntic_http;
grant insert (organization_id, user_id, base_currency, active),
  update (base_currency, active, updated_at) on portfolio.users to mauntic_http;
grant insert, update (symbol, market), delete on portfolio.assets to mauntic_http;
grant insert (organization_id, user_id, version, rules) on portfolio.criteria to mauntic_http;

grant update (scored_run, scored_night_at, scored_at) on portfolio.users to mauntic_queue;
grant select, insert, update, delete on portfolio.overnight_job_runs to mauntic_queue;
grant select, insert on portfolio.overnight_steps, portfolio.exchange_rates to mauntic_queue;
grant select, insert, update, delete on portfolio.prices to mauntic_queue;
grant insert, update (fate, reason, detail, assets_scored), delete
  on portfolio.overnight_users to mauntic_queue;
grant insert, delete on portfolio.calculation_events, portfolio.score_history to mauntic_queue;
grant insert, update, delete on portfolio.asset_scores to mauntic_queue;
