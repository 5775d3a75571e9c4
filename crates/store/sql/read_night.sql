-- read_night: a night, a row for each of its checkpoints, in their order, or one without.
-- $1 uuid run.
select n.id, n.job_type, n.status, n.started_at, n.completed_at, n.correlation_id, n.markets,
       n.inputs_of, n.chunks_total, n.chunks_done, n.users_processed, n.users_failed,
       n.users_skipped, n.error_details, n.metrics, s.step, s.done_at, s.took_ms, s.summary
from portfolio.overnight_job_runs n
left join portfolio.overnight_steps s on s.run_id = n.id
where n.id = $1
order by array_position(array['set_up', 'exchange_rates', 'users', 'prices'], s.step)
