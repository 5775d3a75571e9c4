-- undecided_jobs: jobs that are not final, by id. $1 uuid only after this, or null;
-- $2 int8 most rows.
select j.id, j.queue, j.type, j.version, j.data::text as data
from jobs.job j
where j.finished_at is null and ($1::uuid is null or j.id > $1)
order by j.id limit $2
