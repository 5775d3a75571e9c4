-- cancel_spawned: cancels jobs that a planner enqueued for a run that was
-- cancelled meanwhile. $1 uuid[] ids of the jobs.
-- After the run was counted: this transaction has its lock by then, so that the
-- cancel's mark is seen, or waits and the cancel behind it finds the jobs. Nobody
-- else sees them yet, so that locking them after the run cannot deadlock.
with gone as (
  update jobs.job j set state = 'cancelled', finished_at = clock_timestamp()
  from jobs.run r
  where j.id = any($1) and r.id = j.run_id and r.cancelled_at is not null
  returning j.run_id
)
select jobs.count_runs(cancelled => array_agg(g.run_id)) as runs from gone g
