-- find_handed: the job that stands for one asked for by hand: itself, or the
-- holder of its key. $1 uuid job; $2 text organization or null; $3 text type; $4 text
-- idempotency key or null; $5 text data as JSON.
-- A statement of its own, so that it sees what the insert waited for.
select j.id, j.run_id, j.state, j.id = $1 as ours, j.data = $5::jsonb as same
from jobs.job j
where j.id = $1
   or (j.organization_id = $2 and j.type = $3 and j.idempotency_key = $4)
   or ($2::text is null and j.organization_id is null and j.type = $3 and j.idempotency_key = $4)
order by j.id = $1 desc
limit 1
