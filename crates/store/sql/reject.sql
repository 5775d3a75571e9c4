-- reject: a held job becomes a dead letter, because repeating it cannot help.
-- $1 uuid id; $2 int4 claim; $3 text reason; $4 text detail, without row values.
with dead as (
  update jobs.job j set
    state = 'dead_lettered', finished_at = clock_timestamp(), lease_until = null,
    lease_token = null, last_error = left($4, 2000)
  where j.id = $1 and j.claim = $2 and j.state = 'in_progress'
  returning j.*
)
insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'), $3, d.last_error
from dead d
