-- reopen_night: has a night that was ended because its run was over go on, whose step is done
-- after all. $1 uuid run.
update portfolio.overnight_job_runs n set
  status = 'started', completed_at = null, error_details = '{}'
where n.id = $1 and n.status <> 'started'
