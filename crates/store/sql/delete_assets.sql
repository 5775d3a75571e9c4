-- delete_assets: takes out of a portfolio what it does not hold any more.
-- $1 text organization; $2 text user; $3 text[] what it holds.
delete from portfolio.assets
where organization_id = $1 and user_id = $2 and asset_id <> all ($3)
