-- 0008: a publication that met a run which never planned is followed by the next; and
-- what nobody asked for is told from the index of what is to be done.
--
-- Expands only: the build before publishes, recomputes and counts as it did.

-- A backlog leaves types out that nobody asks for; a type never changes.
drop index jobs.job_live;
create index job_live on jobs.job (organization_id, queue) include (type)
  where finished_at is null;
comment on index jobs.job_live is 'The one index of jobs to be done; what is not in it is final.';

-- A run that was never pinned looked at nothing. What was published when it was
-- opened is then its own matter (it was cancelled, or its planner died and is a case
-- for people); what was published since waits for nobody else.
create or replace function scoring.reopen_publication() returns trigger
language plpgsql volatile as $$
declare
  opened uuid;
begin
  if not exists (
    select from scoring.config_documents d
    where d.organization_id = new.organization_id
      and (d.epoch > new.pinned or (new.pinned is null and d.published_at > new.started_at))) then
    return null;
  end if;
  insert into jobs.run (id, job_key, organization_id, trigger, request_id, jobs_total, exclusive)
  values (uuidv7(), new.job_key, new.organization_id, 'api', new.request_id, 1, true)
  on conflict (job_key, organization_id) where status = 'running' and exclusive do nothing
  returning id into opened;
  if opened is not null then
    insert into jobs.job (queue, type, organization_id, data, failures_max, run_id, request_id, wake_at)
    values ('mauntic-scoring-events', 'scoring.BatchRecompute', new.organization_id,
            jsonb_build_object('organizationId', new.organization_id), 3, opened, new.request_id,
            clock_timestamp());
  end if;
  return null;
end
$$;
drop trigger run_reopens on jobs.run;
create trigger run_reopens after update of status on jobs.run for each row
  when (old.status = 'running' and new.status <> 'running'
        and new.job_key = 'scoring-config-publish')
  execute function scoring.reopen_publication();
