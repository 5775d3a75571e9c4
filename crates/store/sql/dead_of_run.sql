-- dead_of_run: a run's status, how many of its dead jobs nobody wants back, and
-- the others, by id; a null job where there is none. $1 uuid run; $2 int8 most jobs.
-- What has an open case is wanted; a case that was decided and left its job dead
-- was discarded.
with dead as (
  select j.id, exists (
    select from jobs.dead_letter l where l.job_id = j.id and l.decided_at is null) as open
  from jobs.job j where j.run_id = $1 and j.state = 'dead_lettered'
)
select r.status, r.jobs_dead, c.discarded, j.id
from jobs.run r
cross join (select count(*) filter (where not d.open) as discarded from dead d) c
left join lateral (select d.id from dead d where d.open order by d.id limit $2) j on true
where r.id = $1
order by j.id
