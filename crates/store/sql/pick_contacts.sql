-- pick_contacts: contacts of an organization, spread evenly over the order of their keys; each
-- with the number of all, and without contacts that is all.
-- $1 text organization; $2 int8 most contacts.
with size as (
  select count(*) as total, greatest(count(*), $2) as parts
  from scoring.contact_features f where f.organization_id = $1
), place as (
  select f.contact_id, row_number() over (order by f.contact_id) as n
  from scoring.contact_features f where f.organization_id = $1
)
select s.total, p.contact_id
from size s left join place p on p.n * $2 / s.parts > (p.n - 1) * $2 / s.parts
order by p.contact_id
