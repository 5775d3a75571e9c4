-- order_replay: writes a replay of many. $1 uuid id; $2 text filter as JSON; $3 int4 most
-- cases; $4 int4 canaries; $5 int4 a second; $6 text who; $7 text why or null; $8 text
-- request id or null.
insert into jobs.replay (id, filter, case_limit, canary, per_second, actor, why, request_id, status)
values ($1, $2::jsonb, $3, $4, $5, $6, $7, $8, case when $4 > 0 then 'canary' else 'running' end)
on conflict (id) do nothing
returning id
