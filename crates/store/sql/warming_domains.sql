-- warming_domains: verified sending domains that are young, in the order of their keys.
-- $1 timestamptz created after it; $2 text, $3 text organization and domain of the last one seen,
-- or null; $4 int8 most rows.
select d.organization_id, d.domain
from delivery.sending_domains d
where d.verified_at is not null and d.created_at > $1
  and ($2::text is null or (d.organization_id, d.domain) > ($2, $3))
order by d.organization_id, d.domain
limit $4
