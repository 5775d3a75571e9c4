-- organizations: some organizations, in the order of their names.
-- $1 text those after this one, or null; $2 int8 most rows.
select o.id
from auth.organization o
where $1::text is null or o.id > $1
order by o.id
limit $2
