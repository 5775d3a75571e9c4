-- still_open: those of these cases that are open, with their jobs that are dead
-- letters; null where there is none. $1 uuid[] cases. Behind the jobs' locks, so
-- that it holds.
select l.id, j.id as job_id
from jobs.dead_letter l left join jobs.job j on j.id = l.job_id and j.state = 'dead_lettered'
where l.id = any($1) and l.decided_at is null
order by l.id
