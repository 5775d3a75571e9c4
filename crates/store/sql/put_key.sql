-- put_key: stores a key's digest. $1 text organization or null; $2 bytea SHA-256;
-- $3 text[] scopes; $4 text note. Returns the key's id, the same for the same key,
-- and whether it is new.
insert into auth.api_key as k (organization_id, sha256, scopes, note) values ($1, $2, $3, $4)
on conflict (sha256) do update set note = k.note
returning k.id, old.id is null as created
