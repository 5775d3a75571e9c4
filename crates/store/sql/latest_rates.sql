-- latest_rates: the rates that were fetched last, of any night but one, and tell something: an
-- older build stored answers without any. $1 uuid that one.
select r.rates, r.fetched_at, r.stale from portfolio.exchange_rates r
where r.run_id <> $1 and (r.rates::jsonb -> 'units') - r.base <> '{}'
order by r.fetched_at desc, r.run_id desc limit 1
