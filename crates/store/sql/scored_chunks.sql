-- scored_chunks: chunks of a night with somebody whose newest scores it may have changed.
-- $1 uuid run.
select distinct o.chunk from portfolio.overnight_users o
where o.run_id = $1 and (o.fate = 'scored' or o.reason = 'no_assets')
order by o.chunk
