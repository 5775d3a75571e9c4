-- asset_scores: the newest score of an asset: of a user, or of the first two who have one of
-- that name.
-- $1 text organization; $2 text asset; $3 text user, or null.
select s.user_id, s.asset_id, s.symbol, s.score::text, s.maximum::text, s.percentage::text,
       s.criteria_version, s.run_id, s.scored_at
from portfolio.asset_scores s
where s.organization_id = $1 and s.asset_id = $2 and ($3::text is null or s.user_id = $3)
order by s.user_id limit 2
