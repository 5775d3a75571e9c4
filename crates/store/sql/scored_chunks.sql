-- scored_chunks: chunks of a night with somebody who was scored. $1 uuid run.
select distinct o.chunk from portfolio.overnight_users o
where o.run_id = $1 and o.fate = 'scored'
order by o.chunk
