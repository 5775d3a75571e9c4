-- domains: an organization's sending domains by name: one of them, or those after one.
-- $1 text organization; $2 text domain, or null for all; $3 text last one seen, or null; $4 int8
-- most rows.
select d.domain, d.created_at, d.verified_at, d.schedule, clock_timestamp() as now
from delivery.sending_domains d
where d.organization_id = $1 and ($2::text is null or d.domain = $2)
  and ($3::text is null or d.domain > $3)
order by d.domain
limit $4
