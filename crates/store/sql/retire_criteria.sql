-- retire_criteria: deletes versions of criteria that were replaced long ago, but those of newest
-- scores. No night that is kept in a history began before; and events hold the rules
-- themselves.
-- $1 int8 seconds that they are kept after they were replaced; $2 int8 most rows.
with gone as (
  delete from portfolio.criteria c
  where c.ctid = any(array(
    select o.ctid from portfolio.criteria o
    where o.superseded_at < (select clock_timestamp() - $1 * interval '1 s')
      and not exists (
        select from portfolio.asset_scores s
        where s.organization_id = o.organization_id and s.user_id = o.user_id
          and s.criteria_version = o.version)
    order by o.superseded_at limit $2))
  returning c.version
)
select count(*) as retired from gone
