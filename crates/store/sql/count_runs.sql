-- count_runs: the last statement of an effect's transaction.
-- $1 uuid[] the runs of its completed jobs, one element a job; $2 uuid[] jobs that it spawned
-- in a run: of those that stand, because no other has their key, their run counts each.
select jobs.count_runs(done => $1, spawned => array(
  select j.run_id from jobs.job j where j.id = any($2)))
