-- night_calculations: what events tell of users in a night, in the order of their keys.
-- $1 uuid run; $2 text organization and $3 text user after whom it goes on, or null; $4 int8
-- most users.
select e.organization_id, e.user_id, (array_agg(e.correlation_id))[1] as correlation_id,
       max(e.at) as at,
       max(e.body) filter (where e.seq = 2) as inputs,
       max(e.body) filter (where e.seq = 3) as scores,
       max(e.body) filter (where e.seq = 4) as completed
from portfolio.calculation_events e
where e.run_id = $1 and ($2::text is null or (e.organization_id, e.user_id) > ($2, $3))
group by e.organization_id, e.user_id
order by e.organization_id, e.user_id limit $4
