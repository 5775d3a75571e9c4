-- in_order: has this transaction join rows in an order, and not by their hashes.
-- Whoever writes half of a large board in the order of hashes has for every line, and for what
-- each index has of it, another page than for the one before: they are pushed out of memory half
-- written, and read again. A settlement of a million then takes half as long again.
select set_config('enable_hashjoin', 'off', true)
