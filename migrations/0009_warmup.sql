-- 0009: sending domains, whose e-mails of a day are limited while they are young.
-- What was granted of a day stands in an object store, outside of the database.

create schema delivery;
comment on schema delivery is 'What e-mails are sent from.';

create table delivery.sending_domains (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  domain          text        collate "C" not null check (length(domain) between 3 and 253 and domain = lower(domain)),
  created_at      timestamptz not null default clock_timestamp(),
  verified_at     timestamptz,
  schedule        jsonb       check (jsonb_typeof(schedule) = 'array' and jsonb_array_length(schedule) between 1 and 100),
  updated_at      timestamptz not null default clock_timestamp(),
  primary key (organization_id, domain)
);
comment on table delivery.sending_domains is 'Domains that organizations send from.';
comment on column delivery.sending_domains.organization_id is 'Whose.';
comment on column delivery.sending_domains.domain is 'The domain, in lower case.';
comment on column delivery.sending_domains.created_at is 'Since when its days are counted; its first 24 hours are day 1.';
comment on column delivery.sending_domains.verified_at is 'Since when the product says that it is theirs; null while it does not.';
comment on column delivery.sending_domains.schedule is 'Array of {day, maxEmails}, both rising; null for the product''s own limits.';
comment on column delivery.sending_domains.updated_at is 'When its row was written.';

-- ---------------------------------------------------------------- rights ----

grant usage on schema delivery to mauntic_http, mauntic_queue;
alter table delivery.sending_domains enable row level security;
create policy of_organization on delivery.sending_domains to mauntic_http
  using (organization_id = (select current_setting('app.organization', true)))
  with check (organization_id = (select current_setting('app.organization', true)));
create policy of_everyone on delivery.sending_domains to mauntic_queue using (true) with check (true);
grant select, insert, update on delivery.sending_domains to mauntic_http;
grant select on delivery.sending_domains to mauntic_queue;
