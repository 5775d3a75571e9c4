-- nights: nights, the newest first, a row for each of their checkpoints, or one without.
-- $1 uuid only nights before this one, or null; $2 int8 most nights.
with page as (
  select n.* from portfolio.overnight_job_runs n
  where $1::uuid is null or (n.started_at, n.id) < (
    select b.started_at, b.id from portfolio.overnight_job_runs b where b.id = $1)
  order by n.started_at desc, n.id desc limit $2
)
select n.id, n.job_type, n.status, n.started_at, n.completed_at, n.correlation_id, n.markets,
       n.inputs_of, n.chunks_total, n.chunks_done, n.users_processed, n.users_failed,
       n.users_skipped, n.error_details, n.metrics, s.step, s.done_at, s.took_ms, s.summary
from page n
left join portfolio.overnight_steps s on s.run_id = n.id
order by n.started_at desc, n.id desc,
         array_position(array['set_up', 'exchange_rates', 'users', 'prices'], s.step)
