-- read_chunk_quotes: a night's quotes of the symbols that a chunk's users have who have no
-- fate yet. $1 uuid run; $2 int4 chunk.
select p.symbol, p.quote
from (
  select distinct a.symbol
  from portfolio.overnight_users o
  join portfolio.assets a on a.organization_id = o.organization_id and a.user_id = o.user_id
  where o.run_id = $1 and o.chunk = $2 and o.fate is null
) s
join portfolio.prices p on p.run_id = $1 and p.symbol = s.symbol
where p.quote is not null
order by p.symbol
