-- hand_back: a held job that could not be tried is queued again; it spends
-- nothing of its budget. $1 uuid id; $2 int4 claim. Returns it, if the claim holds it.
update jobs.job set
  state = 'queued', alone = false, lease_until = null, lease_token = null,
  wake_at = clock_timestamp() + interval '60 s'
where id = $1 and claim = $2 and state = 'in_progress'
returning id
