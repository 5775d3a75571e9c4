-- first_failed: the first of a night's users who failed. $1 uuid run; $2 int8 most.
select o.organization_id, o.user_id, o.reason, o.detail
from portfolio.overnight_users o where o.run_id = $1 and o.fate = 'failed'
order by o.organization_id, o.user_id limit $2
