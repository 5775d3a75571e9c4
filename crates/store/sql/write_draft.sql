-- write_draft: writes an organization's draft over the one that was seen.
-- $1 text organization; $2 int8 revision that was seen, 0 for none; $3 text factors and $4 text
-- signals as JSON, both null where there is no draft any more; $5 text who changes it.
-- Returns the revision; nothing where another was written meanwhile.
insert into scoring.config_drafts as d (organization_id, revision, factors, signals, updated_by)
values ($1, $2 + 1, $3::jsonb, $4::jsonb, $5)
on conflict (organization_id) do update set
  revision = excluded.revision, factors = excluded.factors, signals = excluded.signals,
  updated_by = excluded.updated_by, updated_at = clock_timestamp()
where d.revision = $2
returning d.revision
