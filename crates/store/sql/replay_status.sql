-- replay_status: where a replay of many stands. $1 uuid id.
select r.status from jobs.replay r where r.id = $1
