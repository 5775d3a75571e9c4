-- claim_rehearsed: claims a job for a rehearsal, whose transaction is rolled back.
-- $1 uuid job; $2 uuid token.
-- Only one that this transaction queued: its version of the row is the newest.
update jobs.job j set
  state = 'in_progress', claim = j.claim + 1, alone = true, coalesce_key = null, lease_token = $2,
  lease_until = clock_timestamp() + interval '60 s'
where j.id = $1 and j.state = 'queued' and j.xmin = pg_current_xact_id()::xid
