-- write_occurrences: what became of nominal times, sorted; one whose run found
-- the lock taken was skipped for overlap.
-- $1 text job_key; $2 timestamptz[] nominal times; $3 text[] outcomes; $4 text[] reasons or null;
-- $5 int8[] ordinals; $6 uuid[] runs or null.
insert into jobs.occurrence (job_key, nominal_at, outcome, reason, ordinal, run_id)
select $1, n.nominal_at,
       case when n.run_id is not null and r.id is null then 'skipped' else n.outcome end,
       case when n.run_id is not null and r.id is null then 'overlap' else n.reason end,
       n.ordinal, r.id
from unnest($2::timestamptz[], $3::text[], $4::text[], $5::int8[], $6::uuid[])
  as n(nominal_at, outcome, reason, ordinal, run_id)
left join jobs.run r on r.id = n.run_id
order by n.nominal_at
on conflict (job_key, nominal_at) do nothing
