-- 0002: jobs, dead letters and the heartbeat.

create table jobs.job (
  -- Immutable.
  id              uuid        primary key default uuidv7(),
  organization_id text        collate "C" check (length(organization_id) between 1 and 64),
  queue           text        not null,
  type            text        not null,
  version         int2        not null default 1 check (version > 0),
  data            jsonb       not null,
  failures_max    int2        not null check (failures_max > 0),
  run_id          uuid,
  scheduled_for   timestamptz,
  idempotency_key text        check (length(idempotency_key) between 1 and 200),
  request_id      text        check (length(request_id) between 1 and 128),
  traceparent     text        check (length(traceparent) <= 100),
  created_at      timestamptz not null default clock_timestamp(),
  expires_at      timestamptz not null default clock_timestamp() + interval '7 days',
  -- Mutable.
  state           text        not null default 'queued' check (state in
                    ('queued', 'in_progress', 'completed', 'failed', 'dead_lettered', 'cancelled')),
  claim           int4        not null default 0 check (claim >= 0),
  alone           boolean     not null default false,
  failures        int2        not null default 0 check (failures >= 0),
  resends         int2        not null default 0 check (resends >= 0),
  platform_deaths int2        not null default 0 check (platform_deaths >= 0),
  coalesced       int4        not null default 0 check (coalesced >= 0),
  coalesce_key    text        collate "C" check (length(coalesce_key) between 1 and 200),
  available_at    timestamptz not null default clock_timestamp(),
  wake_at         timestamptz not null default clock_timestamp() + interval '60 s',
  lease_until     timestamptz,
  lease_token     uuid,
  last_error      text        check (length(last_error) <= 2000),
  finished_at     timestamptz,
  receipt         jsonb,
  constraint job_owner check
    (organization_id is null or coalesce(data->>'organizationId' = organization_id, false)),
  constraint job_lease check ((state = 'in_progress') = (lease_until is not null)),
  constraint job_final check
    ((state in ('completed', 'dead_lettered', 'cancelled')) = (finished_at is not null)),
  constraint job_receipt check ((state = 'completed') = (receipt is not null))
) with (
  -- Half of each page is kept free, so that claim, dispatch and completion
  -- find room for the new version beside the old one (heap-only tuples). Every
  -- job is updated about three times and then never again.
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.05
);

comment on table jobs.job is
  'One message''s worth of work. The row is the truth, the queue only a wake-up. No index names a column that claim or dispatch changes, but coalesce_key where there is one.';
comment on column jobs.job.id is 'UUIDv7; of a job sent by hand: UUIDv8 of queue and message id.';
comment on column jobs.job.organization_id is 'Whose; null for work across organizations. The alphabet is checked where names enter.';
comment on column jobs.job.queue is 'Production name of the queue its messages travel on.';
comment on column jobs.job.type is 'Type of job, such as scoring.CalculateScore.';
comment on column jobs.job.version is 'Version of data''s shape.';
comment on column jobs.job.data is 'What to do; checked against the type when it was written. Whom it is about is the row''s owner.';
comment on column jobs.job.failures_max is 'Failures at which it becomes a dead letter.';
comment on column jobs.job.run_id is 'The run it belongs to, if any.';
comment on column jobs.job.scheduled_for is 'Nominal time of the schedule that started it, if any.';
comment on column jobs.job.idempotency_key is 'Its producer''s key for it.';
comment on column jobs.job.request_id is 'Correlation id of what started it.';
comment on column jobs.job.traceparent is 'W3C trace context of what started it.';
comment on column jobs.job.created_at is 'When the row was written.';
comment on column jobs.job.expires_at is 'After this it is not tried any more.';
comment on column jobs.job.state is 'One of queued, in_progress, completed, failed (to be retried), dead_lettered, cancelled.';
comment on column jobs.job.claim is 'Number of claims so far: the fencing token. Only grows.';
comment on column jobs.job.alone is 'Whether the last claim took it alone; only then does a lost lease count as its failure.';
comment on column jobs.job.failures is 'Failures of its own: the budget, spent against failures_max.';
comment on column jobs.job.resends is 'Times its message was sent.';
comment on column jobs.job.platform_deaths is 'Times its message came out of a dead-letter queue.';
comment on column jobs.job.coalesced is 'Further requests that this job answers.';
comment on column jobs.job.coalesce_key is 'At most one queued job has it; the claim clears it.';
comment on column jobs.job.available_at is 'Not to be claimed before this.';
comment on column jobs.job.wake_at is 'When not final and past this, its message is sent again, whatever the reason.';
comment on column jobs.job.lease_until is 'Until when the claim''s holder has it to itself.';
comment on column jobs.job.lease_token is 'The invocation that holds the lease.';
comment on column jobs.job.last_error is 'What went wrong last, for people; no payload.';
comment on column jobs.job.finished_at is 'When it became final.';
comment on column jobs.job.receipt is 'What its effect''s transaction wrote about itself.';

create index job_live on jobs.job (available_at) where finished_at is null;
comment on index jobs.job_live is 'The one index of jobs to be done; what is not in it is final.';

create unique index job_coalesce on jobs.job (organization_id, type, coalesce_key)
  where coalesce_key is not null;
comment on index jobs.job_coalesce is 'At most one queued job a key: a claim clears the key.';

create table jobs.dead_letter (
  id              uuid        primary key default uuidv7(),
  queue           text        not null,
  message_id      text,
  job_id          uuid,
  organization_id text        collate "C",
  type            text,
  body            bytea       not null,
  reason          text        not null check (reason ~ '^[a-z_]{1,40}$'),
  detail          text        not null check (length(detail) <= 4000),
  fingerprint     text        not null generated always as (coalesce(type, '') || '/' || reason) stored,
  created_at      timestamptz not null default clock_timestamp(),
  decided_at      timestamptz,
  constraint dead_letter_origin check (message_id is not null or job_id is not null)
);
comment on table jobs.dead_letter is 'What will not be tried again by itself: a case for people.';
comment on column jobs.dead_letter.id is 'UUIDv7.';
comment on column jobs.dead_letter.queue is 'Production name of the queue it came from.';
comment on column jobs.dead_letter.message_id is 'The platform''s id of the message; null for a job that died.';
comment on column jobs.dead_letter.job_id is 'The job, where one is known.';
comment on column jobs.dead_letter.organization_id is 'Whose, where known.';
comment on column jobs.dead_letter.type is 'Type of job, where known.';
comment on column jobs.dead_letter.body is 'The raw body as it came, or the job''s data as JSON text.';
comment on column jobs.dead_letter.reason is 'Stable name of the reason.';
comment on column jobs.dead_letter.detail is 'What exactly was wrong, for people.';
comment on column jobs.dead_letter.fingerprint is 'What the case is grouped by: type and reason.';
comment on column jobs.dead_letter.created_at is 'When it was kept.';
comment on column jobs.dead_letter.decided_at is 'When a person decided it; null while open.';

create unique index dead_letter_message on jobs.dead_letter (queue, message_id);
comment on index jobs.dead_letter_message is 'A message that is delivered again adds no second case.';
create index dead_letter_open on jobs.dead_letter (created_at) where decided_at is null;

create table jobs.heartbeat (
  duty    text        primary key,
  beat_at timestamptz not null
);
comment on table jobs.heartbeat is 'One row a duty of the tick.';
comment on column jobs.heartbeat.duty is 'The duty, such as relay.';
comment on column jobs.heartbeat.beat_at is 'When it was last done.';

-- The fence: ends the transaction when a lease was lost.
create function jobs.expect(got bigint, want bigint) returns void
language plpgsql immutable as $$
begin
  if got <> want then
    raise exception 'fence: % of % leases are still held', got, want using errcode = 'JB001';
  end if;
end
$$;
comment on function jobs.expect is 'Raises JB001 unless exactly as many leases are held as are needed.';

-- Operators see counts of every organization; the HTTP worker's role cannot
-- read the rows themselves.
create function jobs.queue_stats()
returns table (queue text, pending bigint, processing bigint, failed bigint,
               dead_letters bigint, oldest_secs bigint)
language sql stable security definer set search_path = pg_catalog as $$
  with live as (
    select j.queue,
           count(*) filter (where j.state = 'queued') as pending,
           count(*) filter (where j.state = 'in_progress') as processing,
           count(*) filter (where j.state = 'failed') as failed,
           extract(epoch from clock_timestamp() - min(j.created_at)
             filter (where j.state in ('queued', 'failed')))::bigint as oldest_secs
    from jobs.job j where j.finished_at is null group by j.queue
  ), dead as (
    select d.queue, count(*) as dead_letters
    from jobs.dead_letter d where d.decided_at is null group by d.queue
  )
  select coalesce(l.queue, d.queue), coalesce(l.pending, 0), coalesce(l.processing, 0),
         coalesce(l.failed, 0), coalesce(d.dead_letters, 0), l.oldest_secs
  from live l full join dead d on d.queue = l.queue
$$;
comment on function jobs.queue_stats is 'Counts of jobs and open dead letters by queue; ages in seconds.';
revoke all on function jobs.queue_stats from public;
grant execute on function jobs.queue_stats to mauntic_http, mauntic_queue;

alter table jobs.job enable row level security;
create policy job_of_organization on jobs.job to mauntic_http
  using (organization_id = (select current_setting('app.organization', true)))
  with check (organization_id = (select current_setting('app.organization', true)));
create policy job_of_everyone on jobs.job to mauntic_queue using (true) with check (true);

grant select on jobs.job to mauntic_http;
grant insert (organization_id, type, queue, data, failures_max, coalesce_key, request_id)
  on jobs.job to mauntic_http;
grant update (coalesced, wake_at, resends) on jobs.job to mauntic_http;
grant select, insert, update on jobs.job to mauntic_queue;
grant select, insert on jobs.dead_letter to mauntic_queue;
grant select on jobs.heartbeat to mauntic_http;
grant select, insert, update on jobs.heartbeat to mauntic_queue;
