-- night_in_the_way: a night that goes on and is another one, or goes by what that one goes by.
-- $1 uuid that one; $2 uuid whose way it is not in.
select o.id from portfolio.overnight_job_runs n
join portfolio.overnight_job_runs o on o.inputs_of = n.inputs_of
where n.id = $1 and o.id <> $2 and o.status = 'started'
order by o.id <> n.id, o.id limit 1
