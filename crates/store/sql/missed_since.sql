-- missed_since: nominal times that were missed, by schedule.
-- $1 timestamptz from; $2 text[] keys; null for every schedule.
select o.job_key, count(*) as missed, max(o.nominal_at) as last_at
from jobs.occurrence o
where o.outcome = 'missed' and o.nominal_at >= $1 and ($2::text[] is null or o.job_key = any($2))
group by o.job_key order by o.job_key
