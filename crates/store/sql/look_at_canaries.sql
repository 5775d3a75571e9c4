-- look_at_canaries: a replay's canaries in the order of their release; nulls
-- where a job is gone. $1 uuid id.
select c.id, j.state, j.failures
from jobs.replay r
cross join unnest(r.canaries) with ordinality as c(id, place)
left join jobs.job j on j.id = c.id
where r.id = $1
order by c.place
