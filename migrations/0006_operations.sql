-- 0006: operating the jobs: the operator's role, the audit, kept answers, the
-- ledger of deliveries, dead letters as cases and their replays.
--
-- Expands only: the build before writes, claims and reads as it did.

-- ------------------------------------------------------------------ role ----

-- Made as the workers' roles are (0001), because roles belong to the cluster.
do $$
begin
  if not exists (select from pg_roles where rolname = 'mauntic_operator') then
    create role mauntic_operator nologin;
  end if;
exception when duplicate_object or unique_violation then
  null;
end
$$;

-- An operator sees every organization's jobs and moves them as the queue worker
-- does. The HTTP worker becomes one for a transaction, after it knows who
-- calls, and has none of these rights otherwise.
grant mauntic_queue to mauntic_operator with inherit true, set false;
grant mauntic_operator to mauntic_http with inherit false, set true;

-- ----------------------------------------------------------------- audit ----

create table jobs.audit (
  seq     int8        primary key check (seq > 0),
  at      timestamptz not null,
  entry   text        not null check (entry is json object and length(entry) <= 65536),
  hash    bytea       not null check (length(hash) = 32),
  actor   text        not null generated always as (entry::jsonb ->> 'actor') stored,
  action  text        not null generated always as (entry::jsonb ->> 'action') stored,
  target  text        not null generated always as (entry::jsonb ->> 'target') stored,
  outcome text        not null generated always as (entry::jsonb ->> 'outcome') stored
);
comment on table jobs.audit is 'What operators did, and what was refused them. Each row''s hash covers the row and the hash before it.';
comment on column jobs.audit.seq is 'Gapless, from 1.';
comment on column jobs.audit.at is 'When it was written.';
comment on column jobs.audit.entry is
  'Who did what, to what, why, with what outcome, from what (before) to what (after), under which requestId; JSON as it was hashed.';
comment on column jobs.audit.hash is
  'SHA-256 of the hash before (32 zero bytes for the first), seq and at in microseconds since 1970 (int8, big-endian each), and entry in UTF-8.';
comment on column jobs.audit.actor is 'Of entry: a key''s id, bootstrap, or owner.';
comment on column jobs.audit.action is 'Of entry: such as cron.run.';
comment on column jobs.audit.target is 'Of entry: what it was done to.';
comment on column jobs.audit.outcome is 'Of entry: done, or the code of the refusal.';

create table jobs.audit_head (
  one  boolean primary key default true check (one),
  seq  int8    not null check (seq >= 0),
  hash bytea   not null check (length(hash) = 32)
);
comment on table jobs.audit_head is 'The end of the audit''s chain, locked by whoever adds to it.';
comment on column jobs.audit_head.one is 'There is one row.';
comment on column jobs.audit_head.seq is 'Of the newest row.';
comment on column jobs.audit_head.hash is 'Of the newest row.';
insert into jobs.audit_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

-- Nobody but this function writes the audit. Called last in a transaction, so
-- that whoever waits for the head holds it while it waits for nothing else.
create function jobs.append_audit(entry text) returns int8
language plpgsql volatile security definer set search_path = pg_catalog as $$
declare
  head jobs.audit_head;
  written timestamptz := date_trunc('microseconds', clock_timestamp());
  chained bytea;
begin
  select h.* into strict head from jobs.audit_head h for no key update;
  chained := sha256(head.hash || int8send(head.seq + 1)
    || int8send((extract(epoch from written) * 1000000)::int8) || convert_to(entry, 'UTF8'));
  insert into jobs.audit (seq, at, entry, hash) values (head.seq + 1, written, entry, chained);
  update jobs.audit_head set seq = head.seq + 1, hash = chained;
  return head.seq + 1;
end
$$;
comment on function jobs.append_audit is 'Adds an entry to the audit''s chain; returns its seq.';
revoke all on function jobs.append_audit from public;
grant execute on function jobs.append_audit to mauntic_operator;
grant select on jobs.audit, jobs.audit_head to mauntic_operator;

-- --------------------------------------------------------------- answers ----

create table jobs.answer (
  holder          text        collate "C" not null check (length(holder) between 1 and 100),
  key             text        collate "C" not null check (length(key) between 1 and 200),
  organization_id text        collate "C",
  fingerprint     bytea       not null check (length(fingerprint) = 32),
  answer          jsonb       not null,
  created_at      timestamptz not null default clock_timestamp(),
  primary key (holder, key)
);
comment on table jobs.answer is 'Answers to requests with an Idempotency-Key, written with their effect.';
comment on column jobs.answer.holder is 'Who asked: a key''s id, or bootstrap.';
comment on column jobs.answer.key is 'The Idempotency-Key.';
comment on column jobs.answer.organization_id is 'Whose; null for an operator''s.';
comment on column jobs.answer.fingerprint is 'SHA-256 of what was asked: the same key with another is refused.';
comment on column jobs.answer.answer is 'What was answered, as values.';
comment on column jobs.answer.created_at is 'When; it counts for 24 hours.';
create index answer_age on jobs.answer (created_at);
comment on index jobs.answer_age is 'Answers that may be old.';

alter table jobs.answer enable row level security;
create policy answer_of_organization on jobs.answer to mauntic_http
  using (organization_id = (select current_setting('app.organization', true)))
  with check (organization_id = (select current_setting('app.organization', true)));
create policy answer_of_everyone on jobs.answer to mauntic_queue using (true) with check (true);
grant select, insert, update on jobs.answer to mauntic_http;
grant select, insert, update, delete on jobs.answer to mauntic_queue;

-- ------------------------------------------------------------- deliveries ----

create table jobs.delivery (
  token        uuid        primary key,
  queue        text        not null,
  delivered_at timestamptz not null default clock_timestamp(),
  messages     int4        not null,
  unreadable   int4        not null,
  absorbed     int4        not null,
  taken        int4        not null,
  effects      int4        not null default 0,
  failures     int4        not null default 0,
  put_off      int4        not null default 0,
  lost         int4        not null default 0,
  -- One rule, because every batch is held to it twice.
  constraint delivery_sums check (
    least(unreadable, absorbed, taken, effects, failures, put_off, lost) >= 0
    and unreadable + absorbed + taken <= messages
    and effects + failures + put_off + lost <= taken)
) with (fillfactor = 70);
comment on table jobs.delivery is
  'One row a batch: what was delivered and what became of it, each count written in the transaction that made it true.';
comment on column jobs.delivery.token is 'The invocation; jobs.job.lease_token names it.';
comment on column jobs.delivery.queue is 'Production name of the queue.';
comment on column jobs.delivery.delivered_at is 'When it was claimed.';
comment on column jobs.delivery.messages is 'Messages delivered.';
comment on column jobs.delivery.unreadable is 'Messages that are no job''s: dead letters.';
comment on column jobs.delivery.absorbed is 'Messages whose job was final already, or that were repeated within the batch.';
comment on column jobs.delivery.taken is 'Claims. What is neither this nor the two before is left to its row: leased, locked, not due, or another build''s.';
comment on column jobs.delivery.effects is 'Claims that ended in an effect.';
comment on column jobs.delivery.failures is 'Claims that ended in a failure or a dead letter.';
comment on column jobs.delivery.put_off is 'Claims that were put off or handed back.';
comment on column jobs.delivery.lost is 'Claims whose lease ran out, counted by whoever took the job over or ended it.';
create index delivery_age on jobs.delivery (delivered_at);
comment on index jobs.delivery_age is 'Deliveries by their time, for reports and retention.';
grant select on jobs.delivery to mauntic_http;
grant select, insert, update, delete on jobs.delivery to mauntic_queue;

-- ------------------------------------------------------------------ jobs ----

alter table jobs.job
  add column replays int2  not null default 0 check (replays >= 0),
  add column errors  jsonb check (jsonb_typeof(errors) = 'array');
comment on column jobs.job.replays is 'Times it was queued again after it was a dead letter.';
comment on column jobs.job.errors is
  'The last ten failures, oldest first: {claim, at, error}; null before the first.';
comment on column jobs.job.lease_token is
  'The invocation that holds the lease, or whose effect completed the job.';

-- A dead letter and a cancel move the key from one column to the other, so that
-- its entry stays as it is.
create index job_key on jobs.job ((coalesce(idempotency_key, released_key)))
  where coalesce(idempotency_key, released_key) is not null;
comment on index jobs.job_key is 'Jobs by their idempotency key, held or given up, of whatever owner and type.';

-- At most ten, because a row is read and written whole.
create function jobs.add_error(errors jsonb, claim int4, error text) returns jsonb
language sql volatile as $$
  select case when jsonb_array_length(e.kept) > 10 then e.kept - 0 else e.kept end
  from (select coalesce(errors, '[]') || jsonb_build_array(jsonb_build_object(
    'claim', claim, 'error', left(error, 2000),
    'at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) as kept) e
$$;
comment on function jobs.add_error is 'The failures of a job with one more, the oldest left out.';

-- ----------------------------------------------------------------- cases ----

-- Of a body that is no JSON there is no payload to search.
create function jobs.payload(body bytea) returns jsonb
language plpgsql immutable as $$
begin
  return convert_from(body, 'UTF8')::jsonb;
exception when others then
  return null;
end
$$;
comment on function jobs.payload is 'A body as JSON; null where it is none.';

alter table jobs.dead_letter
  alter column fingerprint set expression as (
    left(coalesce(type, '') || '/' || reason || '/'
      || regexp_replace(detail, '[A-Za-z0-9_.:-]*[0-9][A-Za-z0-9_.:-]*', '#', 'g'), 300)),
  add column payload       jsonb generated always as (jobs.payload(body)) stored,
  add column decision      text check (decision in ('replayed', 'discarded')),
  add column decided_by    text check (length(decided_by) <= 100),
  add column decided_why   text check (length(decided_why) <= 500),
  add column replay_id     uuid,
  add column replayed_as   uuid,
  add constraint dead_letter_decision check (decision is null or decided_at is not null);
comment on column jobs.dead_letter.fingerprint is
  'What the case is grouped by: type, reason and what was wrong, every word with a digit left out as #.';
comment on column jobs.dead_letter.payload is 'The body as JSON, for search; null where it is none.';
comment on column jobs.dead_letter.decision is 'replayed or discarded; null where the build before decided it.';
comment on column jobs.dead_letter.decided_by is 'Who decided it.';
comment on column jobs.dead_letter.decided_why is 'Why, in the decider''s words.';
comment on column jobs.dead_letter.replay_id is 'The replay that took it, of many.';
comment on column jobs.dead_letter.replayed_as is 'The job that it was replayed as.';

-- Cases are listed and replayed in the order of their ids.
drop index jobs.dead_letter_open;
create index dead_letter_open on jobs.dead_letter (id) where decided_at is null;
comment on index jobs.dead_letter_open is 'Open cases.';
create index dead_letter_replayed on jobs.dead_letter (replayed_as) where replayed_as is not null;
comment on index jobs.dead_letter_replayed is 'The cases that were replayed as a job.';
create index dead_letter_payload on jobs.dead_letter using gin (payload jsonb_path_ops)
  where decided_at is null;
comment on index jobs.dead_letter_payload is 'Open cases by what their payload contains.';
create index dead_letter_group on jobs.dead_letter (fingerprint, id) where decided_at is null;
comment on index jobs.dead_letter_group is 'Open cases by fingerprint.';
create index dead_letter_replay on jobs.dead_letter (replay_id) where replay_id is not null;
comment on index jobs.dead_letter_replay is 'The cases of a replay of many.';

create table jobs.replay (
  id          uuid        primary key,
  filter      jsonb       not null check (jsonb_typeof(filter) = 'object'),
  case_limit  int4        not null check (case_limit > 0),
  canary      int4        not null check (canary >= 0),
  per_second  int4        not null check (per_second > 0),
  actor       text        not null check (length(actor) <= 100),
  why         text        check (length(why) <= 500),
  request_id  text        check (length(request_id) between 1 and 128),
  created_at  timestamptz not null default clock_timestamp(),
  status      text        not null check (status in
                ('canary', 'running', 'completed', 'stopped', 'cancelled')),
  after_case  uuid,
  canaries    uuid[]      not null default '{}',
  paced_until timestamptz not null default clock_timestamp(),
  replayed    int4        not null default 0 check (replayed >= 0),
  refused     int4        not null default 0 check (refused >= 0),
  stopped_by  uuid,
  finished_at timestamptz,
  constraint replay_final check
    ((status in ('canary', 'running')) = (finished_at is null)),
  constraint replay_limit check (replayed <= case_limit)
);
comment on table jobs.replay is 'A replay of every open case that a filter names; the tick goes on with it.';
comment on column jobs.replay.id is 'UUIDv7.';
comment on column jobs.replay.filter is 'Which cases, as the API reads it.';
comment on column jobs.replay.case_limit is 'Most cases that are replayed.';
comment on column jobs.replay.canary is 'Cases that are replayed first; the others follow when all of these are completed.';
comment on column jobs.replay.per_second is 'Most jobs that become available in a second.';
comment on column jobs.replay.actor is 'Who asked for it.';
comment on column jobs.replay.why is 'Why, in their words.';
comment on column jobs.replay.request_id is 'Correlation id of the request.';
comment on column jobs.replay.created_at is 'When it was asked for: later cases are not its.';
comment on column jobs.replay.status is 'canary, running; completed, stopped (a canary failed), cancelled.';
comment on column jobs.replay.after_case is 'Every case of the filter up to here was looked at.';
comment on column jobs.replay.canaries is 'The canaries'' jobs.';
comment on column jobs.replay.paced_until is 'No further job becomes available before this.';
comment on column jobs.replay.replayed is 'Cases replayed.';
comment on column jobs.replay.refused is 'Cases left open: without a job, or another job has their key.';
comment on column jobs.replay.stopped_by is 'The canary''s job that failed.';
comment on column jobs.replay.finished_at is 'When it became final.';
create index replay_open on jobs.replay (id) where finished_at is null;
comment on index jobs.replay_open is 'Replays that are to go on.';
grant select, insert, update, delete on jobs.replay to mauntic_queue;

-- ------------------------------------------------------------- heartbeat ----

alter table jobs.heartbeat
  add column instance_id uuid,
  add column schema_max  int4;
comment on column jobs.heartbeat.instance_id is 'The isolate that did it; the build before writes none.';
comment on column jobs.heartbeat.schema_max is 'Newest schema version of the build that did it; the build before writes none.';
