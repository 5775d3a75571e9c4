-- stuck_runs: runs without progress, those first that were looked at longest ago.
-- $1 int8 seconds without progress; $2 int8 most rows.
select r.id from jobs.run r
where r.status = 'running' and r.progressed_at < (select clock_timestamp() - $1 * interval '1 s')
order by greatest(r.progressed_at, r.stalled_at), r.id limit $2
