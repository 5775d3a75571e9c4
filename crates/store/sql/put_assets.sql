-- put_assets: puts into a portfolio what it holds; what is the same stays as it is.
-- $1 text organization; $2 text user; $3 text[] assets, sorted; $4 text[] symbols; $5 text[]
-- markets.
insert into portfolio.assets as a (organization_id, user_id, asset_id, symbol, market)
select $1, $2, held.asset_id, held.symbol, held.market
from unnest($3::text[], $4::text[], $5::text[]) as held (asset_id, symbol, market)
on conflict (organization_id, user_id, asset_id) do update
set symbol = excluded.symbol, market = excluded.market
where (a.symbol, a.market) is distinct from (excluded.symbol, excluded.market)
