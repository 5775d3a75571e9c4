-- unknown_markets: markets that no asset of an active user is in. $1 text[] markets.
select m.market from unnest($1::text[]) with ordinality as m(market, place)
where not exists (
  select from portfolio.assets a
  join portfolio.users u on u.organization_id = a.organization_id and u.user_id = a.user_id
  where a.market = m.market and u.active)
order by m.place
