-- lock_replay: a replay of many that is to go on, unless somebody goes on with it
-- at this moment; and the time. $1 uuid id.
select r.filter, r.case_limit, r.canary, r.per_second, r.actor, r.why, r.status, r.replayed,
       r.refused, r.canaries, r.paced_until, r.after_case, r.created_at, clock_timestamp() as now
from jobs.replay r where r.id = $1 and r.finished_at is null
for update skip locked
