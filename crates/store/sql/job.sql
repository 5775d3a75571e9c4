-- job: all that is known of a job. $1 uuid job.
select j.id, j.queue, j.type, j.version, j.organization_id, j.run_id, j.state, j.claim, j.failures,
       j.failures_max, j.snooze_reason, coalesce(j.idempotency_key, j.released_key) as key,
       j.request_id, j.replays, j.created_at, j.available_at, j.expires_at, j.lease_until,
       j.finished_at, j.last_error, j.data::text as data, j.receipt::text as receipt, j.errors,
       j.errors is not null as has_errors, j.coalesced, j.scheduled_for
from jobs.job j where j.id = $1
