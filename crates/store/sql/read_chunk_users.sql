-- read_chunk_users: the users of a chunk who have no fate yet, with their newest criteria.
-- $1 uuid run; $2 int4 chunk.
select o.organization_id, o.user_id, coalesce(u.base_currency, '') as base_currency, c.version, c.rules
from portfolio.overnight_users o
left join portfolio.users u on u.organization_id = o.organization_id and u.user_id = o.user_id
left join lateral (
  select c.version, c.rules from portfolio.criteria c
  where c.organization_id = o.organization_id and c.user_id = o.user_id
  order by c.version desc limit 1
) c on true
where o.run_id = $1 and o.chunk = $2 and o.fate is null
order by o.organization_id, o.user_id
