-- lock_draft: locks an organization's draft, so that what is read behind this stays as it is.
-- $1 text organization. Before the configuration's head, its epoch, runs and the audit.
select d.revision from scoring.config_drafts d where d.organization_id = $1 for no key update
