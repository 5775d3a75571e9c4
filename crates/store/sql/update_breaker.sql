-- update_breaker: a breaker's next state, unless it changed since it was read.
-- $1 text name; $2 text state; $3 int4 failures; $4 int4 successes; $5 timestamptz until or null;
-- $6 int8 the version that was read.
update jobs.breaker b set
  state = $2, failures = $3, successes = $4, until = $5, version = b.version + 1,
  changed_at = clock_timestamp()
where b.name = $1 and b.version = $6
returning b.version
