-- 0005: the whole job protocol: keys, snoozes, runs, schedules and their
-- occurrences, breakers, the notification ledger and the event outbox.
--
-- Expands only: the build before writes and claims as it did.

-- ------------------------------------------------------------------ jobs ----

alter table jobs.job
  add column snoozes       int2 not null default 0 check (snoozes >= 0),
  add column snooze_reason text check (snooze_reason ~ '^[a-z_]{1,40}$'),
  add column released_key  text check (length(released_key) between 1 and 200),
  add column death_message text check (length(death_message) <= 200),
  add column death_claim   int4 not null default 0 check (death_claim >= 0),
  add constraint job_one_key check (idempotency_key is null or coalesce_key is null);

comment on column jobs.job.idempotency_key is
  'Its producer''s key for it; given up to released_key by a dead letter or a cancel.';
comment on column jobs.job.snoozes is 'Times in a row that it was put off for snooze_reason.';
comment on column jobs.job.snooze_reason is 'Why it was put off last, such as breaker_open.';
comment on column jobs.job.released_key is
  'The idempotency key it had before it was dead-lettered or cancelled.';
comment on column jobs.job.death_claim is
  'Claims so far when platform_deaths counted last: without a claim since, nobody died of the job.';
comment on column jobs.job.death_message is
  'The platform''s id of the message that platform_deaths counted last.';

-- Work across organizations has keys as well: nulls are one owner.
drop index jobs.job_coalesce;
create unique index job_coalesce on jobs.job (organization_id, type, coalesce_key)
  nulls not distinct where coalesce_key is not null;
comment on index jobs.job_coalesce is 'At most one queued job a key: a claim clears the key.';

-- Its predicate names no state: whoever makes a job a dead letter or cancels
-- it moves the key away, so that claim and dispatch stay heap-only.
create unique index job_idempotency on jobs.job (organization_id, type, idempotency_key)
  nulls not distinct where idempotency_key is not null;
comment on index jobs.job_idempotency is 'At most one job a key that is not dead-lettered or cancelled.';

-- The one index of jobs to be done, now by owner: retry and snooze change
-- available_at and stay heap-only, and an organization's backlog is a range.
drop index jobs.job_live;
create index job_live on jobs.job (organization_id, queue) where finished_at is null;
comment on index jobs.job_live is 'The one index of jobs to be done; what is not in it is final.';

create index job_run on jobs.job (run_id) where run_id is not null;
comment on index jobs.job_run is 'The jobs of a run, for its recount and its cancel.';

-- Ids of jobs sent by hand are digests, so that their age is not in their id.
create index job_by_hand on jobs.job (finished_at) where uuid_extract_version(id) = 8;
comment on index jobs.job_by_hand is 'Retention of jobs that were sent by hand.';

create index dead_letter_job on jobs.dead_letter (job_id) where job_id is not null;
comment on index jobs.dead_letter_job is 'The cases of a job.';

alter table jobs.heartbeat
  add column interval_secs int4 not null default 60 check (interval_secs > 0);
comment on column jobs.heartbeat.interval_secs is
  'Longest time from one tick to the next when it was, in seconds; the build before writes none.';

-- ------------------------------------------------------------------ runs ----

create table jobs.run (
  -- Immutable.
  id              uuid        primary key,
  job_key         text        not null check (length(job_key) between 1 and 64),
  organization_id text        collate "C" check (length(organization_id) between 1 and 64),
  trigger         text        not null check (trigger in ('schedule', 'manual', 'api')),
  scheduled_for   timestamptz,
  request_id      text        check (length(request_id) between 1 and 128),
  started_at      timestamptz not null default clock_timestamp(),
  -- Mutable.
  exclusive       boolean     not null default false,
  status          text        not null default 'running' check (status in
                    ('running', 'completed', 'partial', 'failed', 'cancelled')),
  revision        int4        not null default 0 check (revision >= 0),
  jobs_total      int4        not null check (jobs_total >= 0),
  jobs_done       int4        not null default 0 check (jobs_done >= 0),
  jobs_dead       int4        not null default 0 check (jobs_dead >= 0),
  jobs_cancelled  int4        not null default 0 check (jobs_cancelled >= 0),
  progressed_at   timestamptz not null default clock_timestamp(),
  stalled_at      timestamptz,
  cancelled_at    timestamptz,
  finished_at     timestamptz,
  constraint run_counts check (jobs_done + jobs_dead + jobs_cancelled <= jobs_total),
  constraint run_final check ((status = 'running') = (finished_at is null)),
  constraint run_complete check
    (status = 'running' or jobs_done + jobs_dead + jobs_cancelled = jobs_total)
) with (fillfactor = 70);
comment on table jobs.run is 'One execution of a schedule or of a manual command. Its counts are moved by whoever moves a job into or out of a final state, in that transaction.';
comment on column jobs.run.id is 'The executionId.';
comment on column jobs.run.job_key is 'The schedule''s key, or the job''s type for what was sent by hand.';
comment on column jobs.run.organization_id is 'Whose; null for work across organizations.';
comment on column jobs.run.trigger is 'What started it: schedule, manual (by hand) or api.';
comment on column jobs.run.scheduled_for is 'The nominal time, of a schedule''s run.';
comment on column jobs.run.request_id is 'Correlation id of what started it.';
comment on column jobs.run.started_at is 'When the row was written.';
comment on column jobs.run.exclusive is
  'Whether it holds its job_key''s lock while it runs; a stalled run gives it up.';
comment on column jobs.run.status is 'running; completed; partial (some dead); failed (all dead); cancelled (some cancelled).';
comment on column jobs.run.revision is 'Raised by each replay of one of its jobs; finalizing effects carry it.';
comment on column jobs.run.jobs_total is 'Jobs of the run, the one that plans it included.';
comment on column jobs.run.jobs_done is 'Jobs completed.';
comment on column jobs.run.jobs_dead is 'Jobs that are dead letters.';
comment on column jobs.run.jobs_cancelled is 'Jobs cancelled.';
comment on column jobs.run.progressed_at is 'When a count was last moved.';
comment on column jobs.run.stalled_at is 'When a recount found it unfinished and without progress; null since it moved again.';
comment on column jobs.run.cancelled_at is
  'When it was cancelled: what its planner still enqueues after that is cancelled at once.';
comment on column jobs.run.finished_at is 'When it became final.';

-- The lock of a schedule is its open run.
create unique index run_lock on jobs.run (job_key) where status = 'running' and exclusive;
comment on index jobs.run_lock is 'The lock of a job_key: at most one open exclusive run.';
create index run_open on jobs.run (progressed_at) where status = 'running';
comment on index jobs.run_open is 'Runs that may be stuck.';
create index run_finished on jobs.run (finished_at) where finished_at is not null;
comment on index jobs.run_finished is 'Runs that may be old.';
create index run_history on jobs.run (job_key, started_at desc);
comment on index jobs.run_history is 'The runs of a schedule, newest first.';

-- ------------------------------------------------------------- schedules ----

create table jobs.schedule (
  job_key      text        primary key check (length(job_key) between 1 and 64),
  cron         text        not null check (length(cron) <= 100),
  judged_until timestamptz not null,
  ordinal_next int8        check (ordinal_next >= 0),
  paused       boolean     not null default false,
  note         text        check (length(note) <= 500),
  paused_at    timestamptz,
  constraint schedule_pause check (paused = (paused_at is not null))
);
comment on table jobs.schedule is 'How far each schedule of the registry has been judged, and an operator''s pause.';
comment on column jobs.schedule.job_key is 'Key in the registry.';
comment on column jobs.schedule.cron is 'The effective expression that was judged last, in Cloudflare''s dialect.';
comment on column jobs.schedule.judged_until is 'Every nominal time up to here has its row. Never moves back.';
comment on column jobs.schedule.ordinal_next is 'Number of the next occurrence; null before the first.';
comment on column jobs.schedule.paused is 'Paused by an operator.';
comment on column jobs.schedule.note is 'The operator''s note on the pause.';
comment on column jobs.schedule.paused_at is 'Since when it is paused.';

create table jobs.occurrence (
  job_key    text        not null,
  nominal_at timestamptz not null check (date_trunc('minute', nominal_at, 'UTC') = nominal_at),
  outcome    text        not null check (outcome in ('ran', 'late', 'missed', 'backfilled', 'skipped')),
  reason     text        check (reason in ('disabled', 'paused', 'overlap', 'not_available')),
  ordinal    int8        not null check (ordinal >= 0),
  run_id     uuid,
  judged_at  timestamptz not null default clock_timestamp(),
  primary key (job_key, nominal_at),
  constraint occurrence_reason check ((outcome = 'skipped') = (reason is not null)),
  constraint occurrence_run check ((outcome in ('ran', 'late', 'backfilled')) = (run_id is not null))
);
comment on table jobs.occurrence is 'One nominal fire time of one schedule: what became of it.';
comment on column jobs.occurrence.job_key is 'The schedule.';
comment on column jobs.occurrence.nominal_at is 'When it should fire; a whole minute.';
comment on column jobs.occurrence.outcome is 'ran (within 60 s), late, missed (not run), backfilled (run afterwards), skipped.';
comment on column jobs.occurrence.reason is 'Why it was skipped.';
comment on column jobs.occurrence.ordinal is 'Number of the occurrence; its group is ordinal modulo groups.';
comment on column jobs.occurrence.run_id is 'The run it started.';
comment on column jobs.occurrence.judged_at is 'When the row was written.';

-- --------------------------------------------------------- outside world ----

create table jobs.breaker (
  name       text        primary key check (name ~ '^[a-z_]{1,40}$'),
  state      text        not null check (state in ('closed', 'open', 'half_open')),
  failures   int4        not null check (failures >= 0),
  successes  int4        not null check (successes >= 0),
  until      timestamptz,
  version    int8        not null check (version > 0),
  changed_at timestamptz not null default clock_timestamp()
);
comment on table jobs.breaker is 'One circuit breaker a dependency; no row is closed and healthy.';
comment on column jobs.breaker.name is 'The dependency.';
comment on column jobs.breaker.state is 'closed, open, half_open.';
comment on column jobs.breaker.failures is 'Consecutive failures while closed.';
comment on column jobs.breaker.successes is 'Successes while half open.';
comment on column jobs.breaker.until is 'Open: when a probe may go. Half open: until when a probe has it to itself.';
comment on column jobs.breaker.version is 'Raised by every change; a change is made only to the version it was decided on.';
comment on column jobs.breaker.changed_at is 'When it changed.';

create table jobs.notification (
  subject     text        collate "C" not null check (length(subject) between 1 and 200),
  kind        text        not null check (kind ~ '^[a-z_]{1,40}$'),
  id          uuid        not null,
  state       text        not null check (state in ('reserved', 'sent')),
  token       uuid        not null,
  lease_until timestamptz,
  sent_at     timestamptz,
  expires_at  timestamptz not null,
  primary key (subject, kind),
  constraint notification_lease check ((state = 'reserved') = (lease_until is not null)),
  constraint notification_sent check ((state = 'sent') = (sent_at is not null))
);
comment on table jobs.notification is 'Who may tell the outside world what, once a window.';
comment on column jobs.notification.subject is 'What it is about, such as an alert''s id.';
comment on column jobs.notification.kind is 'What kind of notification.';
comment on column jobs.notification.id is 'Stable id that is sent along; the same for every attempt of a window.';
comment on column jobs.notification.state is 'reserved by a sender, then sent.';
comment on column jobs.notification.token is 'The sender that holds the reservation, or that sent it.';
comment on column jobs.notification.lease_until is 'After this the reservation''s sender is taken for dead.';
comment on column jobs.notification.sent_at is 'When it was known to be sent.';
comment on column jobs.notification.expires_at is 'End of the window: after it the same may be told again.';
create index notification_expiry on jobs.notification (expires_at);

create table jobs.event_outbox (
  id              uuid        primary key default uuidv7(),
  organization_id text        collate "C" check (length(organization_id) between 1 and 64),
  type            text        not null check (length(type) between 1 and 100),
  data            jsonb       not null,
  job_id          uuid,
  request_id      text        check (length(request_id) between 1 and 128),
  occurred_at     timestamptz not null default clock_timestamp(),
  wake_at         timestamptz not null default clock_timestamp(),
  sent_at         timestamptz
) with (fillfactor = 70);
comment on table jobs.event_outbox is 'Domain events on their way out, written in the effect''s transaction.';
comment on column jobs.event_outbox.id is 'UUIDv7; consumers deduplicate by it.';
comment on column jobs.event_outbox.organization_id is 'Whose.';
comment on column jobs.event_outbox.type is 'Type of event, such as scoring.LeadScoreUpdated.';
comment on column jobs.event_outbox.data is 'What happened.';
comment on column jobs.event_outbox.job_id is 'The job whose effect wrote it.';
comment on column jobs.event_outbox.request_id is 'Correlation id of what started it.';
comment on column jobs.event_outbox.occurred_at is 'When it was written.';
comment on column jobs.event_outbox.wake_at is 'Not to be sent before this: a relay has it.';
comment on column jobs.event_outbox.sent_at is 'When it was sent; null while it is on its way.';
create index event_unsent on jobs.event_outbox (id) where sent_at is null;
comment on index jobs.event_unsent is 'Events to be sent; wake_at is filtered, so that taking one stays heap-only.';

-- The rule of domain::runs, for whoever moves the counts by arithmetic.
create function jobs.run_status(total int4, done int4, dead int4, cancelled int4) returns text
language sql immutable as $$
  select case
    when done + dead + cancelled < total then 'running'
    when cancelled > 0 then 'cancelled'
    when dead > 0 and done = 0 then 'failed'
    when dead > 0 then 'partial'
    else 'completed'
  end
$$;
comment on function jobs.run_status is 'Status of a run with these counts: final exactly when all its jobs are.';

-- Runs are locked after everything else and in the order of their ids, so that
-- two transactions that count never wait for each other in a circle. The counts
-- are read by a statement of its own, which sees what the lock waited for.
create function jobs.count_runs(
  done uuid[] default null, dead uuid[] default null, cancelled uuid[] default null,
  spawned uuid[] default null) returns int8
language plpgsql volatile as $$
declare
  counted int8;
begin
  perform from jobs.run r where r.id = any(done || dead || cancelled || spawned)
    order by r.id for no key update;
  with moved as (
    select m.id, count(*) filter (where m.kind = 'done')::int4 as done,
           count(*) filter (where m.kind = 'dead')::int4 as dead,
           count(*) filter (where m.kind = 'cancelled')::int4 as cancelled,
           count(*) filter (where m.kind = 'spawned')::int4 as spawned
    from (select unnest(count_runs.done) as id, 'done' as kind
          union all select unnest(count_runs.dead), 'dead'
          union all select unnest(count_runs.cancelled), 'cancelled'
          union all select unnest(count_runs.spawned), 'spawned') m
    group by m.id
  ), counts as (
    select r.id, r.jobs_total + m.spawned as total, r.jobs_done + m.done as done,
           r.jobs_dead + m.dead as dead, r.jobs_cancelled + m.cancelled as cancelled
    from jobs.run r join moved m on m.id = r.id
  )
  update jobs.run r set
    jobs_total = c.total, jobs_done = c.done, jobs_dead = c.dead, jobs_cancelled = c.cancelled,
    status = jobs.run_status(c.total, c.done, c.dead, c.cancelled),
    finished_at = case when c.done + c.dead + c.cancelled = c.total
                  then coalesce(r.finished_at, clock_timestamp()) end,
    progressed_at = clock_timestamp(), stalled_at = null
  from counts c where c.id = r.id;
  get diagnostics counted = row_count;
  return counted;
end
$$;
comment on function jobs.count_runs is
  'Counts jobs that became final or were spawned, one for each time that a run is named; nulls are jobs without a run. Called last in a transaction. Returns the number of runs.';

-- Refuses what a producer asks: the transaction then writes nothing.
create function jobs.refuse(refused boolean, state text, cause text) returns void
language plpgsql immutable as $$
begin
  if refused then
    raise exception '%', cause using errcode = state;
  end if;
end
$$;
comment on function jobs.refuse is
  'Raises the SQLSTATE if refused: JB002 idempotency_conflict, JB003 backlog, JB004 judged meanwhile.';

-- ---------------------------------------------------------------- rights ----

alter table jobs.run enable row level security;
create policy run_of_organization on jobs.run to mauntic_http
  using (organization_id = (select current_setting('app.organization', true)));
create policy run_of_everyone on jobs.run to mauntic_queue using (true) with check (true);

grant insert (idempotency_key, version) on jobs.job to mauntic_http;
grant select on jobs.run to mauntic_http;
grant select, insert, update, delete on jobs.run, jobs.schedule, jobs.occurrence, jobs.breaker,
  jobs.notification, jobs.event_outbox to mauntic_queue;
grant delete on jobs.job, jobs.dead_letter to mauntic_queue;
grant update on jobs.dead_letter to mauntic_queue;
