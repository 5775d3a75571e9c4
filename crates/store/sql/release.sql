-- release: ends the leases of an invocation that died. $1 uuid its token.
update jobs.job set lease_until = clock_timestamp(), wake_at = clock_timestamp()
where finished_at is null and lease_token = $1 and state = 'in_progress'
