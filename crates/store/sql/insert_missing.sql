-- insert_missing: keeps messages that address a job without a row, or one of
-- another queue.
-- $1 text queue; $2 uuid[] ids; $3 text[] message ids. Returns the ids.
with missing as (
  select a.id, a.message_id, j.queue, j.organization_id, j.type
  from unnest($2::uuid[], $3::text[]) as a(id, message_id)
  left join jobs.job j on j.id = a.id
  where j.queue is distinct from $1
), kept as (
  insert into jobs.dead_letter (queue, message_id, job_id, organization_id, type, body, reason,
                                detail)
  select $1, m.message_id, m.id, m.organization_id, m.type, convert_to(m.id::text, 'UTF8'),
         case when m.queue is null then 'row_missing' else 'wrong_queue' end,
         coalesce('the message addresses a job of the queue ' || m.queue,
                  'the message addresses a job that has no row')
  from missing m order by m.message_id
  on conflict (queue, message_id) do nothing
)
select m.id from missing m order by m.id
