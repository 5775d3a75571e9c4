-- newest_scores: newest scores of an organization, of one of its users or of all.
-- $1 text organization; $2 text user, or null; $3 text user and $4 text asset after which it
-- goes on, or null; $5 int8 most rows.
select s.user_id, s.asset_id, s.symbol, s.score::text, s.maximum::text, s.percentage::text,
       s.criteria_version, s.run_id, s.scored_at
from portfolio.asset_scores s
where s.organization_id = $1 and ($2::text is null or s.user_id = $2)
  and ($3::text is null or (s.user_id, s.asset_id) > ($3, $4))
order by s.user_id, s.asset_id limit $5
