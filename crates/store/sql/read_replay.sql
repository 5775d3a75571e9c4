-- read_replay: a replay of many, and what became of its jobs. $1 uuid id.
-- What is neither completed nor dead again is the rest.
select r.id, r.filter, r.case_limit, r.canary, r.per_second, r.actor, r.why, r.created_at,
       r.status, r.replayed, r.refused, r.canaries, r.paced_until, r.stopped_by, r.finished_at,
       c.completed, c.dead_again
from jobs.replay r
cross join lateral (
  select (count(*) filter (where j.state = 'completed'))::int4 as completed,
         (count(*) filter (where j.state = 'dead_lettered'))::int4 as dead_again
  from jobs.dead_letter l join jobs.job j on j.id = l.replayed_as
  where l.replay_id = r.id
) c
where r.id = $1
