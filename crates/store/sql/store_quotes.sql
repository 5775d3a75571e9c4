-- store_quotes: what the provider told about symbols of a night that nobody had asked about.
-- $1 uuid run; $2 text[] symbols, sorted; $3 text[] quotes as JSON, null where none was told.
update portfolio.prices p set asked_at = clock_timestamp(), quote = q.quote
from unnest($2::text[], $3::text[]) as q(symbol, quote)
where p.run_id = $1 and p.symbol = q.symbol and p.asked_at is null
