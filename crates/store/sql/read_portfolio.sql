-- read_portfolio: a user with the newest criteria.
-- $1 text organization; $2 text user.
select u.base_currency, u.active, u.updated_at, u.scored_run, u.scored_at, c.version, c.rules,
       c.created_at
from portfolio.users u
left join lateral (
  select c.version, c.rules, c.created_at from portfolio.criteria c
  where c.organization_id = u.organization_id and c.user_id = u.user_id
  order by c.version desc limit 1
) c on true
where u.organization_id = $1 and u.user_id = $2
