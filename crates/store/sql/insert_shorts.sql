-- insert_shorts: rows and runs for jobs that were sent by hand.
-- $1 uuid[] ids; $2 uuid[] runs; $3 text[] types; $4 int2[] versions; $5 text[] organizations
-- or null; $6 text[] data as JSON; $7 int2[] failures_max; $8 text[] request ids or null;
-- $9 text[] idempotency keys or null; $10 text[] ids of the dead messages that they were
-- inserted by, or null; $11 text queue; $12 text[] ids of the messages;
-- $13 text[] trace contexts or null.
-- Any conflict is another insert's row: the id is this message again, the key
-- another job. Ordered by what can conflict, so that two batches never deadlock.
-- A message that was refused stays refused when it comes again, even if its key
-- was given up meanwhile: it is a case for people or a job, never both.
with inserted as (
  insert into jobs.job (id, run_id, type, version, organization_id, data, failures_max, request_id,
                        idempotency_key, death_message, traceparent, queue)
  select s.id, s.run_id, s.type, s.version, s.organization_id, s.data::jsonb, s.failures_max,
         s.request_id, s.idempotency_key, s.death_message, s.traceparent, $11
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int2[], $5::text[], $6::text[], $7::int2[],
              $8::text[], $9::text[], $10::text[], $12::text[], $13::text[])
    as s(id, run_id, type, version, organization_id, data, failures_max, request_id,
         idempotency_key, death_message, message_id, traceparent)
  where not exists (
    select from jobs.dead_letter d where d.queue = $11 and d.message_id = s.message_id)
  order by s.organization_id collate "C", s.type collate "C", s.idempotency_key collate "C", s.id
  on conflict do nothing
  returning run_id, type, organization_id, request_id
)
insert into jobs.run (id, job_key, organization_id, trigger, request_id, jobs_total)
select i.run_id, i.type, i.organization_id, 'manual', i.request_id, 1
from inserted i order by i.run_id
on conflict (id) do nothing
