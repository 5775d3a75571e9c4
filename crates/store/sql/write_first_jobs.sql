-- write_first_jobs: the first jobs of the runs that were opened; returns the runs.
-- $1 uuid[] jobs; $2 uuid[] runs; $3 text[] queues; $4 text[] types; $5 int2[] versions;
-- $6 text[] data as JSON; $7 int2[] failures_max; $8 text[] request ids.
insert into jobs.job (id, queue, type, version, data, failures_max, run_id, scheduled_for,
                      request_id, wake_at)
select n.id, n.queue, n.type, n.version, n.data::jsonb, n.failures_max, r.id, r.scheduled_for,
       n.request_id, clock_timestamp()
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int2[], $6::text[], $7::int2[],
            $8::text[])
  as n(id, run_id, queue, type, version, data, failures_max, request_id)
join jobs.run r on r.id = n.run_id
order by n.id
on conflict (id) do nothing
returning run_id
