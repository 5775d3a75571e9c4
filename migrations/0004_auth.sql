-- 0004: organizations and their keys. A key itself is never stored, only its
-- SHA-256; it has 256 random bits, so a fast hash is enough.

create table auth.organization (
  id         text        collate "C" primary key check (id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  name       text        not null check (length(name) between 1 and 200),
  created_at timestamptz not null default clock_timestamp()
);
comment on table auth.organization is 'The tenants.';
comment on column auth.organization.id is 'The product''s own id.';
comment on column auth.organization.name is 'For people.';
comment on column auth.organization.created_at is 'When it was made known.';

create table auth.api_key (
  id              uuid        primary key default uuidv7(),
  organization_id text        collate "C" references auth.organization,
  sha256          bytea       not null unique check (length(sha256) = 32),
  scopes          text[]      not null check (cardinality(scopes) > 0
                              and scopes <@ array['read', 'write', 'operate', 'admin']),
  note            text        not null default '' check (length(note) <= 200),
  created_at      timestamptz not null default clock_timestamp(),
  revoked_at      timestamptz,
  constraint api_key_owner check ((organization_id is not null) = (scopes <@ array['read', 'write']))
);
comment on table auth.api_key is 'Keys: an organization''s (read, write) or an operator''s (operate, admin).';
comment on column auth.api_key.id is 'UUIDv7; names the key in logs.';
comment on column auth.api_key.organization_id is 'Whose; null for an operator''s.';
comment on column auth.api_key.sha256 is 'SHA-256 of the key''s text.';
comment on column auth.api_key.scopes is 'What it may do.';
comment on column auth.api_key.note is 'For people.';
comment on column auth.api_key.created_at is 'When it was made.';
comment on column auth.api_key.revoked_at is 'From when on it opens nothing.';

-- The HTTP worker asks before it knows an organization, so it asks by function
-- and reads no table of this schema.
create function auth.find_key(digest bytea)
returns table (id uuid, organization_id text, scopes text[], sha256 bytea)
language sql stable security definer set search_path = pg_catalog as $$
  select k.id, k.organization_id, k.scopes, k.sha256 from auth.api_key k
  where k.sha256 = digest and k.revoked_at is null
$$;
comment on function auth.find_key is 'The live key with this SHA-256, if any.';
revoke all on function auth.find_key from public;
grant execute on function auth.find_key to mauntic_http;
