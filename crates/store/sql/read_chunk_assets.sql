-- read_chunk_assets: the assets of the users of a chunk who have no fate yet, and whether the
-- night has listed their symbols: what a user came to hold since is none of the night's.
-- $1 uuid run; $2 int4 chunk; $3 int8 most of a user.
select o.organization_id, o.user_id, a.asset_id, a.symbol,
       exists (select from portfolio.prices p
               where p.run_id = $1 and p.symbol = a.symbol) as listed
from portfolio.overnight_users o
cross join lateral (
  select a.asset_id, a.symbol from portfolio.assets a
  where a.organization_id = o.organization_id and a.user_id = o.user_id
  order by a.asset_id limit $3
) a
where o.run_id = $1 and o.chunk = $2 and o.fate is null
order by o.organization_id, o.user_id, a.asset_id
