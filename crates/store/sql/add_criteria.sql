-- add_criteria: adds a version of a user's criteria, unless the newest says the same; either
-- is answered, nothing where there is no such user. Of the one before it is noted when it was
-- replaced.
-- $1 text organization; $2 text user; $3 text the criteria.
with newest as (
  select c.version, c.rules, c.created_at from portfolio.criteria c
  where c.organization_id = $1 and c.user_id = $2
  order by c.version desc limit 1
), added as (
  insert into portfolio.criteria (organization_id, user_id, version, rules)
  select u.organization_id, u.user_id, coalesce((select n.version from newest n), 0) + 1, $3
  from portfolio.users u
  where u.organization_id = $1 and u.user_id = $2
    and $3 is distinct from (select n.rules from newest n)
  returning version, rules, created_at
), replaced as (
  update portfolio.criteria c set superseded_at = a.created_at from added a
  where c.organization_id = $1 and c.user_id = $2 and c.superseded_at is null
)
select a.version, a.rules, a.created_at from added a
union all
select n.version, n.rules, n.created_at from newest n where n.rules = $3
