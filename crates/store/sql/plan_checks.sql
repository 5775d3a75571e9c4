-- plan_checks: writes when matches are asked about next, and a job for each that asks now.
-- Leaves out whose rows somebody else holds, and those with another time than was read.
-- $1 text[] organizations; $2 uuid[] tournaments; $3 uuid[] matches, sorted by the three;
-- $4 timestamptz[] when each was to be asked about; $5 timestamptz[] when it is next, or null;
-- $6 uuid[] ids of the jobs; $7 text[] data as JSON; $8 text[] idempotency keys; $9 uuid[] runs
-- or null; $10 text[] request ids or null; $11 text queue; $12 text type; $13 int2 version;
-- $14 int2 failures_max; $15 text[] trace contexts or null.
-- A guess that is being stored holds its match's key alone, which stays as it is.
with planned as (
  select n.* from unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[],
                         $6::uuid[], $7::text[], $8::text[], $9::uuid[], $10::text[],
                         $15::text[])
    with ordinality
    as n(organization_id, tournament_id, match_id, due_at, next_check_at, job_id, data,
         idempotency_key, run_id, request_id, traceparent, place)
), due as (
  select p.* from planned p
  join scoreboard.matches m on m.organization_id = p.organization_id
    and m.tournament_id = p.tournament_id and m.id = p.match_id and m.next_check_at = p.due_at
  order by p.place
  for no key update of m skip locked
), moved as (
  update scoreboard.matches m set next_check_at = d.next_check_at
  from due d
  where m.organization_id = d.organization_id and m.tournament_id = d.tournament_id
    and m.id = d.match_id
  returning d.job_id, d.organization_id, d.data, d.idempotency_key, d.run_id, d.request_id,
            d.traceparent, d.place
)
insert into jobs.job (id, organization_id, queue, type, version, data, failures_max, run_id,
                      request_id, idempotency_key, traceparent, available_at, wake_at)
select m.job_id, m.organization_id, $11, $12, $13, m.data::jsonb, $14, m.run_id, m.request_id,
       m.idempotency_key, m.traceparent, c.now, c.now
from moved m, (select clock_timestamp() as now) c
order by m.place
on conflict (organization_id, type, idempotency_key) where idempotency_key is not null do nothing
