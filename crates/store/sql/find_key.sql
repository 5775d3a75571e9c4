-- find_key: the live key with this SHA-256. $1 bytea digest.
select id, organization_id, scopes, sha256 from auth.find_key($1)
