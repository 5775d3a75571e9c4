-- score_users: what became of a chunk's users, for those of whom nothing is known yet: their
-- fates, events, history and, where no later night did it, their newest scores: those of
-- whom it scored, none of whom it found without assets. The chunk counts if it decided
-- somebody, and a night that has ended goes on then.
-- $1 uuid run; $2 int4 chunk; $3 timestamptz when it was scored; of users, sorted: $4 text[]
-- organizations, $5 text[] users, $6 uuid[] correlation ids, $7 text[] fates, $8 text[] reasons or
-- null, $9 text[] details or null, $10 int4[] versions of criteria or null, $11 int4[] assets
-- scored; of events: $12 int8[] places of their users above, from 1, $13 int2[] numbers,
-- $14 text[] kinds, $15 text[] bodies; of scores: $16 int8[] places of their users, $17 text[]
-- assets, $18 text[] symbols, $19 text[] scores, $20 text[] maximums, $21 text[] percentages;
-- $22 text what stands for the duration in the last event, and $23 text what comes before it
-- there; $24 boolean whether the night had ended as it was read.
-- Raises JB004 where that is no longer so. Whoever runs it holds these users. The night's row
-- comes last, for others count there too: what is written before it is materialized, or the
-- update would run first.
with night as materialized (
  select n.id, n.started_at from portfolio.overnight_job_runs n where n.id = $1
), decided as (
  update portfolio.overnight_users o set
    fate = w.fate, reason = w.reason, detail = w.detail, assets_scored = w.assets
  from unnest($4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::int4[],
              $11::int4[])
    with ordinality as w(organization_id, user_id, correlation_id, fate, reason, detail, version,
                         assets, place)
  where o.run_id = $1 and o.organization_id = w.organization_id and o.user_id = w.user_id
    and o.chunk = $2 and o.fate is null
  returning o.organization_id, o.user_id, w.correlation_id, w.fate, w.reason, w.version, w.place
), told as (
  insert into portfolio.calculation_events (run_id, organization_id, user_id, seq, kind,
                                            correlation_id, at, body)
  select $1, d.organization_id, d.user_id, e.seq, e.kind, d.correlation_id, $3,
         case e.seq when 4 then replace(e.body, $22, $23 || c.duration_ms) else e.body end
  from unnest($12::int8[], $13::int2[], $14::text[], $15::text[]) as e(place, seq, kind, body)
  join decided d on d.place = e.place
  cross join (
    select greatest(0, extract(epoch from clock_timestamp() - $3) * 1000)::int8 as duration_ms
  ) c
  order by d.place, e.seq
  returning 1
), scores as materialized (
  select d.organization_id, d.user_id, s.asset_id, s.symbol, s.score::numeric as score,
         s.maximum::numeric as maximum, s.percentage::numeric as percentage, d.version, d.place
  from unnest($16::int8[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[])
    as s(place, asset_id, symbol, score, maximum, percentage)
  join decided d on d.place = s.place
), kept as (
  insert into portfolio.score_history (organization_id, user_id, asset_id, night_at, run_id,
    symbol, score, maximum, percentage, criteria_version, scored_at)
  select s.organization_id, s.user_id, s.asset_id, n.started_at, n.id, s.symbol, s.score,
         s.maximum, s.percentage, s.version, $3
  from scores s, night n
  order by s.place, s.asset_id
  returning 1
), newest as (
  update portfolio.users u set scored_run = n.id, scored_night_at = n.started_at, scored_at = $3
  from decided d, night n
  where (d.fate = 'scored' or d.reason = 'no_assets')
    and u.organization_id = d.organization_id and u.user_id = d.user_id
    and (u.scored_run is null or (u.scored_night_at, u.scored_run) < (n.started_at, n.id))
  returning u.organization_id, u.user_id
), gone as (
  delete from portfolio.asset_scores a using newest w
  where a.organization_id = w.organization_id and a.user_id = w.user_id
    and not exists (
      select from scores s where s.organization_id = a.organization_id
        and s.user_id = a.user_id and s.asset_id = a.asset_id)
  returning 1
), latest as (
  insert into portfolio.asset_scores as a (organization_id, user_id, asset_id, symbol, score,
    maximum, percentage, criteria_version, run_id, scored_at)
  select s.organization_id, s.user_id, s.asset_id, s.symbol, s.score, s.maximum, s.percentage,
         s.version, $1, $3
  from scores s
  join newest w on w.organization_id = s.organization_id and w.user_id = s.user_id
  order by s.place, s.asset_id
  on conflict (organization_id, user_id, asset_id) do update set
    symbol = excluded.symbol, score = excluded.score, maximum = excluded.maximum,
    percentage = excluded.percentage, criteria_version = excluded.criteria_version,
    run_id = excluded.run_id, scored_at = excluded.scored_at
  returning 1
), written as materialized (
  select (select count(*) from decided) as decided, (select count(*) from told) as told,
         (select count(*) from kept) as kept, (select count(*) from gone) as gone,
         (select count(*) from latest) as latest
), counted as (
  update portfolio.overnight_job_runs n set
    chunks_done = n.chunks_done + 1, status = 'started', completed_at = null, error_details = '{}'
  from written w where n.id = $1 and w.decided > 0
  returning old.status as before
)
select jobs.refuse(count(*) > 0, 'JB004', 'the night is another meanwhile')::text
from counted c where (c.before <> 'started') <> $24
