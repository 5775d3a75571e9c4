-- reset_breaker: closes a breaker, whatever its state. $1 text name. Returns its
-- state before; null where it had no row, which is closed.
insert into jobs.breaker as b (name, state, failures, successes, version)
values ($1, 'closed', 0, 0, 1)
on conflict (name) do update set
  state = 'closed', failures = 0, successes = 0, until = null, version = b.version + 1,
  changed_at = clock_timestamp()
returning old.state
