-- lock_dead: locks jobs that are dead letters, by id, before anything about
-- them is decided. $1 uuid[] ids.
select j.id from jobs.job j
where j.id = any($1) and j.state = 'dead_lettered'
order by j.id for update
