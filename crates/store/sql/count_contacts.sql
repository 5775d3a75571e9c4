-- count_contacts: how many contacts an organization has. $1 text organization.
select count(*) as total from scoring.contact_features f where f.organization_id = $1
