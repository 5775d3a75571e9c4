-- lost_nights: nights that go on though their runs are over, with the first of their dead jobs
-- and what started them.
-- $1 int8 most. A run that retention took was over.
-- Of each its own jobs are read, once: who asked for the first of them would have them looked
-- for from the first job of all.
select n.id, clock_timestamp() as now, r.cancelled_at is not null as cancelled,
       d.died, d.cause, d.traceparent
from portfolio.overnight_job_runs n
left join jobs.run r on r.id = n.id
left join lateral (
  select (array_agg(j.type order by j.id) filter (where j.state = 'dead_lettered'))[1] as died,
         (array_agg(j.last_error order by j.id) filter (where j.state = 'dead_lettered'))[1] as cause,
         (array_agg(j.traceparent order by j.id) filter (where j.traceparent is not null))[1]
           as traceparent
  from jobs.job j where j.run_id = n.id
) d on true
where n.status = 'started' and r.status is distinct from 'running'
order by n.id limit $1
