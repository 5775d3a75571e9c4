-- count_runs: the last statement of an effect's transaction.
-- $1 uuid[] the runs of its completed jobs, $2 uuid[] of those it spawned; one element a job.
select jobs.count_runs(done => $1, spawned => $2)
