-- store_rates: the rates of a night, where it has none yet.
-- $1 uuid run; $2 text base currency; $3 timestamptz for when they were told; $4 timestamptz when
-- the provider was asked; $5 bool whether they are stale; $6 text the rates as JSON.
insert into portfolio.exchange_rates (run_id, base, as_of, fetched_at, stale, rates)
values ($1, $2, $3, $4, $5, $6)
on conflict (run_id) do nothing
