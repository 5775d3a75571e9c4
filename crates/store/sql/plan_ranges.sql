-- plan_ranges: cuts the contacts into ranges, consecutive and without gaps.
-- $1 text organization, or null for all; $2 int8 fewest contacts of a range; $3 int8 most
-- ranges. A range is the place it begins after, or nulls, and the one it ends with; each has
-- the newest publication of any organization, and without contacts that is all.
with size as (
  select count(*) as total, greatest($2, (count(*) + $3 - 1) / $3) as contacts
  from scoring.contact_features f
  where $1::text is null or f.organization_id = $1
), place as (
  select f.organization_id, f.contact_id,
         row_number() over (order by f.organization_id, f.contact_id) as n
  from scoring.contact_features f
  where $1::text is null or f.organization_id = $1
), last as (
  select p.organization_id, p.contact_id from place p, size s
  where p.n % s.contacts = 0 or p.n = s.total
)
select e.epoch, lag(l.organization_id) over w as after_organization_id,
       lag(l.contact_id) over w as after_contact_id, l.organization_id, l.contact_id
from scoring.config_epoch e left join last l on true
window w as (order by l.organization_id, l.contact_id)
order by l.organization_id, l.contact_id
