-- insert_breaker: a breaker's first row, unless somebody was faster.
-- $1 text name; $2 text state; $3 int4 failures; $4 int4 successes; $5 timestamptz until or null.
insert into jobs.breaker (name, state, failures, successes, until, version)
values ($1, $2, $3, $4, $5, 1)
on conflict (name) do nothing
returning version
