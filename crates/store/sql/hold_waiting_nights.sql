-- hold_waiting_nights: locks the nights of jobs, so that the next statement sees what others have
-- written of them. $1 uuid[] jobs.
select from portfolio.overnight_job_runs n
where n.id in (select j.run_id from jobs.job j where j.id = any($1))
order by n.id for no key update
