-- asset_history: scores of a user's asset, the newest night's first.
-- $1 text organization; $2 text user; $3 text asset; $4 uuid only nights before this one, or
-- null; $5 int8 most rows.
select s.user_id, s.asset_id, s.symbol, s.score::text, s.maximum::text, s.percentage::text,
       s.criteria_version, s.run_id, s.scored_at
from portfolio.score_history s
where s.organization_id = $1 and s.user_id = $2 and s.asset_id = $3 and ($4::uuid is null
  or (s.night_at, s.run_id) < (
    select b.night_at, b.run_id from portfolio.score_history b
    where b.organization_id = $1 and b.user_id = $2 and b.asset_id = $3 and b.run_id = $4))
order by s.night_at desc, s.run_id desc limit $5
