-- night_calculations: what is stored of users who have a fate in a night, in the order of their
-- keys: their events, and the rows that were written with them, by asset.
-- $1 uuid run; $2 text organization and $3 text user after whom it goes on, or null; $4 text
-- organization and $5 text user whose alone it is, or null; $6 int8 most users; $7 int8 seconds
-- that history is kept after its night began.
with asked as (
  select o.organization_id, o.user_id, o.fate, o.reason, o.assets_scored
  from portfolio.overnight_users o
  where o.run_id = $1 and o.fate is not null
    and ($2::text is null or (o.organization_id, o.user_id) > ($2, $3))
    and ($4::text is null or (o.organization_id, o.user_id) = ($4, $5))
  order by o.organization_id, o.user_id limit $6
)
select o.organization_id, o.user_id, o.fate, o.reason, o.assets_scored, e.correlation_id, e.at,
       e.started, e.inputs, e.scores, e.completed,
       case when u.scored_run = $1 then (
         select coalesce(jsonb_object_agg(s.asset_id, jsonb_build_object('symbol', s.symbol,
             'score', s.score::text, 'maximum', s.maximum::text,
             'percentage', s.percentage::text, 'criteriaVersion', s.criteria_version)), '{}')
         from portfolio.asset_scores s
         where s.organization_id = o.organization_id and s.user_id = o.user_id) end as newest,
       case when n.started_at > (select clock_timestamp() - $7 * interval '1 s') then (
         select coalesce(jsonb_object_agg(s.asset_id, jsonb_build_object('symbol', s.symbol,
             'score', s.score::text, 'maximum', s.maximum::text,
             'percentage', s.percentage::text, 'criteriaVersion', s.criteria_version)), '{}')
         from portfolio.score_history s
         where s.organization_id = o.organization_id and s.user_id = o.user_id
           and s.night_at = n.started_at and s.run_id = $1) end as history
from asked o
join portfolio.overnight_job_runs n on n.id = $1
left join portfolio.users u on u.organization_id = o.organization_id and u.user_id = o.user_id
cross join lateral (
  select (array_agg(e.correlation_id order by e.seq))[1] as correlation_id, max(e.at) as at,
         max(e.body) filter (where e.seq = 1) as started,
         max(e.body) filter (where e.seq = 2) as inputs,
         max(e.body) filter (where e.seq = 3) as scores,
         max(e.body) filter (where e.seq = 4) as completed
  from portfolio.calculation_events e
  where e.run_id = $1 and e.organization_id = o.organization_id and e.user_id = o.user_id
) e
order by o.organization_id, o.user_id
