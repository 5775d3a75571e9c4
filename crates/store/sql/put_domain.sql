-- put_domain: says something of a sending domain; what is null stays as it is.
-- $1 text organization; $2 text domain; $3 bool verified; $4 timestamptz created at; $5 text
-- schedule as a JSON array, empty for the product's own.
insert into delivery.sending_domains as d (organization_id, domain, created_at, verified_at, schedule)
values ($1, $2, coalesce($4, clock_timestamp()), case when $3 then clock_timestamp() end,
        nullif($5::text::jsonb, '[]'))
on conflict (organization_id, domain) do update set
  created_at = coalesce($4, d.created_at),
  verified_at = case when $3 then coalesce(d.verified_at, clock_timestamp())
                     when $3 is null then d.verified_at end,
  schedule = case when $5::text is null then d.schedule else nullif($5::text::jsonb, '[]') end,
  updated_at = clock_timestamp()
returning d.domain, d.created_at, d.verified_at, d.schedule, clock_timestamp() as now
