-- 0001: the rooms of the database, the ledger of migrations and the two roles
-- that the workers connect as.
--
-- Migrations are forward only and immutable once merged; a change to one is
-- refused by its recorded digest. They only expand against the build before.

create schema jobs;
create schema scoring;
create schema auth;

comment on schema jobs is 'The job protocol: jobs, dead letters, heartbeat.';
comment on schema scoring is 'Contacts, their features and scores.';
comment on schema auth is 'Organizations and their keys.';

create table jobs.schema_migration (
  number     int         primary key check (number > 0),
  name       text        not null,
  sha256     bytea       not null check (length(sha256) = 32),
  applied_at timestamptz not null default clock_timestamp()
);
comment on table jobs.schema_migration is 'One row a migration that was applied.';
comment on column jobs.schema_migration.number is 'Number of the migration''s file, gapless from 1.';
comment on column jobs.schema_migration.name is 'Name of the migration''s file.';
comment on column jobs.schema_migration.sha256 is 'SHA-256 of the file as it was applied.';
comment on column jobs.schema_migration.applied_at is 'When it was applied.';

-- Roles belong to the cluster, so another database may have made them already.
-- They have no password here: an operator sets one (README, Deploying).
do $$
begin
  if not exists (select from pg_roles where rolname = 'mauntic_http') then
    create role mauntic_http login;
  end if;
  if not exists (select from pg_roles where rolname = 'mauntic_queue') then
    create role mauntic_queue login;
  end if;
exception when duplicate_object or unique_violation then
  null; -- Another migration of the same cluster was faster; the role is there.
end
$$;

-- A worker's invocation ends after 15 minutes; no statement of ours takes a
-- minute. A zombie that keeps a row locked is ended by the server.
do $$
declare
  worker text;
begin
  foreach worker in array array['mauntic_http', 'mauntic_queue'] loop
    execute format('alter role %I set statement_timeout = %L', worker, '50s');
    execute format('alter role %I set lock_timeout = %L', worker, '5s');
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', worker, '15s');
    execute format('alter role %I set transaction_timeout = %L', worker, '55s');
  end loop;
end
$$;

grant usage on schema jobs, scoring to mauntic_http, mauntic_queue;
grant usage on schema auth to mauntic_http;
grant select on jobs.schema_migration to mauntic_http, mauntic_queue;
