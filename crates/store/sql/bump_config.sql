-- bump_config: raises the version of a configuration under its row's lock. $1 text organization.
-- Returns the version.
insert into scoring.config_versions as v (organization_id, version) values ($1, 1)
on conflict (organization_id) do update set version = v.version + 1, updated_at = clock_timestamp()
returning v.version
