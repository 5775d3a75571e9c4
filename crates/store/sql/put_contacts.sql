-- put_contacts: stores many contacts' features under new versions.
-- $1 text organization; $2 text[] contacts; $3 jsonb[] features.
insert into scoring.contact_features as f (organization_id, contact_id, features)
select $1, c.contact_id, c.features
from unnest($2::text[], $3::jsonb[]) as c(contact_id, features)
order by c.contact_id collate "C"
on conflict (organization_id, contact_id) do update set
  features = excluded.features, input_version = f.input_version + 1, updated_at = clock_timestamp()
