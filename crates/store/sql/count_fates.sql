-- count_fates: a night's users by what became of them. $1 uuid run.
select o.fate, o.reason, count(*) as users, sum(o.assets_scored)::int8 as assets
from portfolio.overnight_users o where o.run_id = $1
group by o.fate, o.reason
