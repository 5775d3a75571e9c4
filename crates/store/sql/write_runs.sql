-- write_runs: opens the runs of occurrences, but where their lock is taken.
-- $1 text job_key; $2 uuid[] runs; $3 timestamptz[] nominal times; $4 boolean[] exclusive;
-- $5 text[] request ids.
-- Of several that want the lock the oldest gets it. A time that has its row
-- already ran already, whatever the schedule's row says.
insert into jobs.run (id, job_key, trigger, scheduled_for, request_id, exclusive, jobs_total)
select n.id, $1, 'schedule', n.nominal_at, n.request_id, n.exclusive, 1
from unnest($2::uuid[], $3::timestamptz[], $4::boolean[], $5::text[])
  as n(id, nominal_at, exclusive, request_id)
where not exists (
  select from jobs.occurrence o where o.job_key = $1 and o.nominal_at = n.nominal_at)
order by n.nominal_at, n.id
on conflict do nothing
