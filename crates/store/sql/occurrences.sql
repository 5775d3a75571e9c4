-- occurrences: what became of a schedule's nominal times, newest first.
-- $1 text key; $2 timestamptz only before this nominal time, or null; $3 int8 most rows.
select o.nominal_at, o.outcome, o.reason, o.run_id as occurrence_run_id, o.judged_at
from jobs.occurrence o
where o.job_key = $1 and ($2::timestamptz is null or o.nominal_at < $2)
order by o.nominal_at desc limit $3
