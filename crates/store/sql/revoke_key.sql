-- revoke_key: from now on the key opens nothing. $1 uuid key.
update auth.api_key set revoked_at = clock_timestamp() where id = $1 and revoked_at is null
