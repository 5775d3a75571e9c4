-- dead_of_run: a run's status and its jobs that are dead letters, by id; a null
-- job where there is none. $1 uuid run; $2 int8 most jobs.
select r.status, r.jobs_dead, j.id
from jobs.run r
left join lateral (
  select j.id from jobs.job j
  where j.run_id = r.id and j.state = 'dead_lettered'
  order by j.id limit $2
) j on true
where r.id = $1
order by j.id
