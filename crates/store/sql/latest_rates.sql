-- latest_rates: the rates that were fetched last, of any night but one. $1 uuid that one.
select r.rates, r.fetched_at, r.stale from portfolio.exchange_rates r
where r.run_id <> $1
order by r.fetched_at desc, r.run_id desc limit 1
