-- 0016: what nights came to for who looks after them, criteria that were replaced, and the trace
-- that a job is of.
--
-- Expands only: the build before this one runs on it.

-- ---------------------------------------------------- the newest night that has ended ----

create function portfolio.newest_night()
returns table (run_id uuid, status text, users_failed int8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select n.id, n.status, n.users_failed
  from portfolio.overnight_job_runs n
  where n.status <> 'started'
  order by n.started_at desc, n.id desc limit 1
$$;
comment on function portfolio.newest_night is
  'The night that began last of those that have ended, and how many of its users were not scored: for the health check.';
revoke all on function portfolio.newest_night from public;
grant execute on function portfolio.newest_night to mauntic_http;

-- ------------------------------------------------- criteria that were replaced ----

-- A version that a newer one has replaced goes, once no score that is kept names it. Rules
-- and versions stay as they were written.
alter table portfolio.criteria add column superseded_at timestamptz;
comment on column portfolio.criteria.superseded_at is 'When a newer version came; null of the newest.';
drop trigger criteria_are_only_added on portfolio.criteria;
update portfolio.criteria c set superseded_at = n.created_at
from portfolio.criteria n
where n.organization_id = c.organization_id and n.user_id = c.user_id and n.version = c.version + 1;
create trigger criteria_are_only_added
  before update of organization_id, user_id, version, rules, created_at or truncate
  on portfolio.criteria for each statement execute function portfolio.only_added();
create index criteria_superseded on portfolio.criteria (superseded_at) where superseded_at is not null;
comment on index portfolio.criteria_superseded is 'What may go, the oldest first.';
grant update (superseded_at) on portfolio.criteria to mauntic_http;
grant delete on portfolio.criteria to mauntic_queue;

comment on column portfolio.users.scored_run is 'The night that its newest scores are of: none of them where it found no assets; null before the first.';

-- --------------------------------------------------- what verifications came to ----

create index verifications_of_organization on scoreboard.verifications (organization_id, fetched_at);
comment on index scoreboard.verifications_of_organization is 'An organization''s history.';
create index verifications_by_outcome on scoreboard.verifications (outcome, fetched_at);
comment on index scoreboard.verifications_by_outcome is 'What came out so, the last first.';

-- ---------------------------------------------------------------------- traces ----

-- Last, for nobody gets at jobs from here to the commit.
alter table jobs.job alter column traceparent
  set default nullif(current_setting('app.traceparent', true), '');
comment on column jobs.job.traceparent is
  'W3C trace context of what started it; by default that of the transaction (app.traceparent).';
