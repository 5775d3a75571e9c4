-- read_rates: the rates of a night. $1 uuid run.
select r.rates, r.fetched_at, r.stale from portfolio.exchange_rates r where r.run_id = $1
