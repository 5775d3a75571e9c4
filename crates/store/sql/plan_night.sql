-- plan_night: whom a night scores, in chunks; the symbols that they have, with what the
-- night that it repeats was told of them, or another repeat of that; and the checkpoint. Whom
-- another repeat has scored by now, or is about to, it does not score. Nothing where that is written.
-- $1 uuid run; $2 int8 most users; $3 int8 users of a chunk; $4 timestamptz when the step began.
-- Whoever runs it holds the night's row, and that of the night that it repeats. Users whose
-- names no code of ours can read (`ids`) are counted and left out: nothing could say what
-- became of them.
with night as (
  select n.id, n.inputs_of, n.markets from portfolio.overnight_job_runs n
  where n.id = $1
    and not exists (select from portfolio.overnight_steps s where s.run_id = n.id and s.step = 'users')
), candidates as (
  select u.organization_id, u.user_id,
         u.organization_id ~ '^[A-Za-z0-9_.:-]{1,64}$' and u.user_id ~ '^[A-Za-z0-9_.:-]{1,64}$'
           as is_readable
  from night n join portfolio.users u on u.active
  where n.inputs_of = n.id and (n.markets = '{}' or exists (
    select from portfolio.assets a
    where a.organization_id = u.organization_id and a.user_id = u.user_id
      and a.market = any(n.markets)))
  union all
  select o.organization_id, o.user_id, true
  from night n join portfolio.overnight_users o on o.run_id = n.inputs_of
  where n.inputs_of <> n.id and o.fate is distinct from 'scored' and not exists (
    select from portfolio.overnight_job_runs r
    join portfolio.overnight_users s on s.run_id = r.id
      and s.organization_id = o.organization_id and s.user_id = o.user_id
    where r.inputs_of = n.inputs_of and r.id not in (n.id, n.inputs_of)
      and (s.fate = 'scored' or (s.fate is null and r.status = 'started')))
), numbered as (
  select c.organization_id, c.user_id,
         row_number() over (order by c.organization_id, c.user_id) as place
  from candidates c where c.is_readable
), taken as (
  insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk)
  select $1, c.organization_id, c.user_id, ((c.place - 1) / $3)::int4
  from numbered c where c.place <= $2
  order by c.organization_id, c.user_id
  returning organization_id, user_id, chunk
), symbols as (
  insert into portfolio.prices (run_id, symbol, asked_at, quote)
  select $1, s.symbol, p.asked_at, p.quote
  from (
    select distinct a.symbol
    from taken t join portfolio.assets a
      on a.organization_id = t.organization_id and a.user_id = t.user_id
  ) s
  left join (
    select distinct on (p.symbol) p.symbol, p.asked_at, p.quote
    from night n
    join portfolio.overnight_job_runs r on r.inputs_of = n.inputs_of and r.id <> n.id
    join portfolio.prices p on p.run_id = r.id
    where n.inputs_of <> n.id and p.quote is not null
    order by p.symbol, p.asked_at, r.id
  ) p on p.symbol = s.symbol
  order by s.symbol
  returning symbol
), counted as (
  select n.id, t.users, t.chunks, s.symbols, c.candidates - t.users as left_out, u.unreadable
  from night n,
    (select count(*) as users, coalesce(max(t.chunk) + 1, 0) as chunks from taken t) t,
    (select count(*) as symbols from symbols) s,
    (select count(*) as candidates from numbered) c,
    (select count(*) as unreadable from candidates c where not c.is_readable) u
), done as (
  insert into portfolio.overnight_steps (run_id, step, done_at, took_ms, summary)
  select c.id, 'users', t.now, greatest(0, extract(epoch from t.now - $4) * 1000)::int8,
    jsonb_build_object('users', c.users, 'chunks', c.chunks, 'symbols', c.symbols,
      'leftOut', c.left_out, 'unreadable', c.unreadable)
  from counted c, (select clock_timestamp() as now) t
)
update portfolio.overnight_job_runs n set chunks_total = c.chunks
from counted c where n.id = c.id
