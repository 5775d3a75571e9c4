-- insert_replayed: the job of a case that has none. $1 uuid id; $2 text organization or
-- null; $3 text queue; $4 text type; $5 int2 version; $6 text data as JSON; $7 int2
-- failures_max; $8 text request id or null; $9 text idempotency key or null. Its message
-- is sent at once. Returns it, unless another job has its key.
insert into jobs.job (id, organization_id, queue, type, version, data, failures_max, request_id,
                      idempotency_key, replays, wake_at)
values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, 1, clock_timestamp())
on conflict do nothing
returning id
