-- write_checkpoint: says that a step of a night is done, where nothing says so yet.
-- $1 uuid run; $2 text step; $3 timestamptz when it began; $4 text summary as JSON.
insert into portfolio.overnight_steps (run_id, step, done_at, took_ms, summary)
select $1, $2, c.now, greatest(0, extract(epoch from c.now - $3) * 1000)::int8, $4::jsonb
from (select clock_timestamp() as now) c
on conflict (run_id, step) do nothing
