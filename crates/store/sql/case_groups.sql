-- case_groups: open cases by fingerprint, the largest group first.
-- $1 int8 most groups; $2 text queue; $3 text type; $4 text organization; $5 text reason;
-- $6 text fingerprint; $7 uuid run; $8 jsonb what the body contains. Null: not asked for.
-- The newest case of a group says what its type, reason and detail are.
with groups as (
  select d.fingerprint, count(*) as open, count(distinct d.organization_id) as organizations,
         min(d.created_at) as first_seen, max(d.created_at) as last_seen,
         max(d.id::text collate "C")::uuid as newest
  from jobs.dead_letter d
  where d.decided_at is null
    and ($2::text is null or d.queue = $2)
    and ($3::text is null or d.type = $3)
    and ($4::text is null or d.organization_id = $4)
    and ($5::text is null or d.reason = $5)
    and ($6::text is null or d.fingerprint = $6)
    and ($7::uuid is null or d.id = any(array(
      select r.id from jobs.job j join jobs.dead_letter r on r.job_id = j.id
      where j.run_id = $7)))
    and ($8::jsonb is null or d.payload @> $8)
  group by d.fingerprint
  order by open desc, d.fingerprint limit $1
)
select g.fingerprint, n.type, n.reason, n.detail, g.open, g.organizations, g.first_seen,
       g.last_seen, g.newest
from groups g join jobs.dead_letter n on n.id = g.newest
order by g.open desc, g.fingerprint
