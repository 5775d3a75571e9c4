-- replace_config: an organization's entries are these and no others.
-- $1 text organization; $2 text[] factors; $3 text[] categories; $4 int8[] weights in
-- ten-thousandths of a point; $5 boolean[] enabled.
merge into scoring.scoring_configs c
using (
  select w.factor, w.category, w.weight / 10000.0 as weight, w.enabled
  from unnest($2::text[], $3::text[], $4::int8[], $5::boolean[])
    as w(factor, category, weight, enabled)
) w on c.organization_id = $1 and c.factor = w.factor
when matched then update set category = w.category, weight = w.weight, enabled = w.enabled
when not matched by target then insert (organization_id, factor, category, weight, enabled)
  values ($1, w.factor, w.category, w.weight, w.enabled)
when not matched by source and c.organization_id = $1 then delete
