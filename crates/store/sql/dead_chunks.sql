-- dead_chunks: how many of a night's chunks nobody will do. $1 uuid run; $2 text their type.
select count(*)::int4 as chunks from jobs.job j
where j.run_id = $1 and j.type = $2 and j.state in ('dead_lettered', 'cancelled')
