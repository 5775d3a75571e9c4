-- undecided_cases: open cases by id, with their job's content, or their message's body.
-- $1 uuid only after this, or null; $2 int8 most rows.
select d.id, d.queue, d.reason, d.body, j.id as job_id, j.type, j.version, j.data::text as data
from jobs.dead_letter d left join jobs.job j on j.id = d.job_id
where d.decided_at is null and ($1::uuid is null or d.id > $1)
order by d.id limit $2
