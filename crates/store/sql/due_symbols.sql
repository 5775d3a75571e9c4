-- due_symbols: symbols of a night behind one that nobody has asked about for it.
-- $1 uuid run; $2 text the symbol, empty for none; $3 int8 most.
select p.symbol from portfolio.prices p
where p.run_id = $1 and p.symbol > $2 and p.asked_at is null
order by p.symbol limit $3
