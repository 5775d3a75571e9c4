-- hold_publication: locks the open run of an organization's publications until this one is
-- committed: whatever ends that run waits for it and finds what was published.
-- $1 text job_key; $2 text organization.
select r.id from jobs.run r
where r.job_key = $1 and r.organization_id = $2 and r.status = 'running' and r.exclusive
for no key update
