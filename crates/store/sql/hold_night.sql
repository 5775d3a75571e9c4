-- hold_night: locks a night's row, so that the next statement sees what others have written
-- of it. $1 uuid run.
select from portfolio.overnight_job_runs n where n.id = $1 for no key update
