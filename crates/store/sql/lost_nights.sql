-- lost_nights: nights that go on though their runs are over, with the first of their dead jobs
-- and what started them.
-- $1 int8 most. A run that retention took was over.
select n.id, clock_timestamp() as now, r.cancelled_at is not null as cancelled,
       d.type as died, d.last_error as cause, s.traceparent
from portfolio.overnight_job_runs n
left join jobs.run r on r.id = n.id
left join lateral (
  select j.type, j.last_error from jobs.job j
  where j.run_id = n.id and j.state = 'dead_lettered'
  order by j.id limit 1
) d on true
left join lateral (
  select j.traceparent from jobs.job j
  where j.run_id = n.id and j.traceparent is not null
  order by j.id limit 1
) s on true
where n.status = 'started' and r.status is distinct from 'running'
order by n.id limit $1
