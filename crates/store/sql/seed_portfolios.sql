-- seed_portfolios: users with their assets and criteria; what is there of them stays.
-- $1 text organization; of users: $2 text[] names, sorted, $3 text[] base currencies, $4 text[]
-- criteria as JSON; of assets: $5 text[] their users, $6 text[] ids, $7 text[] symbols, $8 text[]
-- markets, sorted by user and id.
with made as (
  insert into portfolio.users (organization_id, user_id, base_currency)
  select $1, w.user_id, w.base_currency
  from unnest($2::text[], $3::text[]) as w(user_id, base_currency)
  order by w.user_id
  on conflict (organization_id, user_id) do nothing
  returning user_id
), held as (
  insert into portfolio.assets (organization_id, user_id, asset_id, symbol, market)
  select $1, a.user_id, a.asset_id, a.symbol, a.market
  from unnest($5::text[], $6::text[], $7::text[], $8::text[])
    as a(user_id, asset_id, symbol, market)
  join made m on m.user_id = a.user_id
  order by a.user_id, a.asset_id
)
insert into portfolio.criteria (organization_id, user_id, version, rules)
select $1, w.user_id, 1, w.rules
from unnest($2::text[], $4::text[]) as w(user_id, rules)
join made m on m.user_id = w.user_id
order by w.user_id
