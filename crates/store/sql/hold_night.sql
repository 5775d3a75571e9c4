-- hold_night: locks a night's row and that of the night that it repeats, so that the next
-- statement sees what others have written of both: of two that repeat one, the later one knows
-- whom the other has taken. $1 uuid run.
select from portfolio.overnight_job_runs n
where n.id = $1 or n.id = (select o.inputs_of from portfolio.overnight_job_runs o where o.id = $1)
order by n.id for no key update
