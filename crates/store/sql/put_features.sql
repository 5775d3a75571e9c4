-- put_features: stores a contact's features under a new version.
-- $1 text organization; $2 text contact; $3 text features as JSON. In the producer's transaction.
insert into scoring.contact_features as f (organization_id, contact_id, features)
values ($1, $2, $3::text::jsonb)
on conflict (organization_id, contact_id) do update set
  features = excluded.features, input_version = f.input_version + 1, updated_at = clock_timestamp()
returning f.input_version
