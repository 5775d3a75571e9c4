-- read_calculation: what events tell of a user in a night.
-- $1 text organization; $2 text user; $3 uuid run.
select (array_agg(e.correlation_id))[1] as correlation_id, max(e.at) as at,
       max(e.body) filter (where e.seq = 2) as inputs,
       max(e.body) filter (where e.seq = 3) as scores,
       max(e.body) filter (where e.seq = 4) as completed
from portfolio.calculation_events e
where e.run_id = $3 and e.organization_id = $1 and e.user_id = $2
group by e.organization_id, e.user_id
