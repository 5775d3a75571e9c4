-- night_users: users of a night and what became of each, in the order of their keys.
-- $1 uuid run; $2 text organization whose alone they are, or null; $3 text fate that they have,
-- or null; $4 text organization and $5 text user after whom it goes on, or null; $6 int8 most.
select o.organization_id, o.user_id, o.fate, o.reason, o.detail, o.assets_scored
from portfolio.overnight_users o
where o.run_id = $1 and ($2::text is null or o.organization_id = $2)
  and ($3::text is null or o.fate = $3)
  and ($4::text is null or (o.organization_id, o.user_id) > ($4, $5))
order by o.organization_id, o.user_id limit $6
