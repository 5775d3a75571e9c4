-- read_assets: what a portfolio holds.
-- $1 text organization; $2 text user.
select a.asset_id, a.symbol, a.market from portfolio.assets a
where a.organization_id = $1 and a.user_id = $2
order by a.asset_id
