-- chunk_snapshots: the newest scores of a chunk's users, a row an asset, or one without where
-- there are none: of whom no night has scored yet, without a night. $1 uuid run; $2 int4 chunk.
-- Who that is is told by the rows: a look-up of few such would read all of users.
select u.organization_id, u.user_id, u.scored_run, u.scored_night_at, u.scored_at, a.asset_id,
       a.symbol, a.score::text, a.maximum::text, a.percentage::text, a.criteria_version
from portfolio.overnight_users o
join portfolio.users u on u.organization_id = o.organization_id and u.user_id = o.user_id
left join portfolio.asset_scores a
  on a.organization_id = u.organization_id and a.user_id = u.user_id
where o.run_id = $1 and o.chunk = $2
order by u.organization_id, u.user_id, a.asset_id
