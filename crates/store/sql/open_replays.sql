-- open_replays: the replays of many that are to go on, the oldest first.
select r.id from jobs.replay r where r.finished_at is null order by r.id
