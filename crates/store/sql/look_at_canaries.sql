-- look_at_canaries: a replay's canaries in the order of their release, and whether
-- each has died since; nulls where a job is gone. $1 uuid id.
-- Whoever replays one that died makes its budget whole: the case of its death
-- tells, which is younger than those that this replay decided.
select c.id, j.state, j.failures, exists (
    select from jobs.dead_letter o
    join jobs.dead_letter l on l.job_id = c.id and l.id > o.id
    where o.replay_id = r.id and o.replayed_as = c.id and l.replay_id is distinct from r.id
  ) as has_died
from jobs.replay r
cross join unnest(r.canaries) with ordinality as c(id, place)
left join jobs.job j on j.id = c.id
where r.id = $1
order by c.place
