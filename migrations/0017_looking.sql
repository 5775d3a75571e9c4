-- 0017: keys of operators who only look, so that each has a name of their own in the audit; and
-- what the health check tells of queues, breakers, runs and schedules.
--
-- Expands only: the build before this one runs on it. It lets such a key look as well.

-- ------------------------------------------------------------------- keys ----

alter table auth.api_key drop constraint api_key_owner;
alter table auth.api_key add constraint api_key_owner check (
  case when organization_id is null then scopes && array['operate', 'admin'] or scopes = array['read']
       else scopes <@ array['read', 'write'] end);
comment on table auth.api_key is
  'Keys: an organization''s (read, write) or an operator''s (operate, admin; read alone only looks).';

-- ---------------------------------------------------- what is to be looked at ----

-- For anybody who asks, so that it counts no more than 10,000 dead letters and no schedule's
-- occurrences but a day's.
create function jobs.to_look_at(most int4)
returns table (kind text, id uuid, name text, count int8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  (select 'dead_letters', null::uuid, o.queue, count(*)
   from (select d.queue from jobs.dead_letter d where d.decided_at is null limit 10000) o
   group by o.queue order by o.queue limit most)
  union all
  (select 'breaker_open', null, b.name, null from jobs.breaker b
   where b.state <> 'closed' order by b.name limit most)
  union all
  (select 'run_stalled', r.id, r.job_key, null from jobs.run r
   where r.status = 'running' and r.stalled_at is not null order by r.id limit most)
  union all
  (select 'occurrences_missed', null, s.job_key, m.missed
   from jobs.schedule s cross join lateral (
     select count(*) as missed from jobs.occurrence o
     where o.job_key = s.job_key and o.outcome = 'missed'
       and o.nominal_at > (select clock_timestamp() - interval '24 h')
   ) m
   where m.missed > 0 order by s.job_key limit most)
  union all
  (select 'rates_stale', n.run_id, null, null
   from portfolio.newest_night() n
   join portfolio.overnight_job_runs r on r.id = n.run_id
   join portfolio.exchange_rates x on x.run_id = r.inputs_of
   where x.stale)
$$;
comment on function jobs.to_look_at is
  'Open dead letters by queue, breakers that hold calls back, runs without progress, nominal times of the last day that were missed, and the newest night by stale rates; the first of each, whoever''s: for the health check.';
revoke all on function jobs.to_look_at from public;
grant execute on function jobs.to_look_at to mauntic_http;
