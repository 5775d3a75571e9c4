-- insert_missing: keeps messages that address a job without a row.
-- $1 text queue; $2 uuid[] ids; $3 text[] message ids. Returns the ids.
with missing as (
  select a.id, a.message_id from unnest($2::uuid[], $3::text[]) as a(id, message_id)
  where not exists (select from jobs.job j where j.id = a.id)
), kept as (
  insert into jobs.dead_letter (queue, message_id, job_id, body, reason, detail)
  select $1, m.message_id, m.id, convert_to(m.id::text, 'UTF8'), 'row_missing',
         'the message addresses a job that has no row'
  from missing m order by m.message_id
  on conflict (queue, message_id) do nothing
)
select id from missing
