-- set_organization: whose rows this transaction may see. $1 text organization.
select set_config('app.organization', $1, true)
