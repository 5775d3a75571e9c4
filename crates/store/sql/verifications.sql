-- verifications: what came of asking about matches, the last first; all that is named must
-- hold. $1 text organization, $2 uuid match, $3 text outcome, or null for any; $4 timestamptz,
-- $5 uuid, $6 int4 the attempt before, or null; $7 int8 most rows.
select v.organization_id, v.match_id, v.fetched_at, v.outcome, v.reason, v.result_version,
       v.job_id, v.attempt
from scoreboard.verifications v
where ($1::text is null or v.organization_id = $1) and ($2::uuid is null or v.match_id = $2)
  and ($3::text is null or v.outcome = $3)
  and ($4::timestamptz is null or (v.fetched_at, v.job_id, v.attempt) < ($4, $5, $6))
order by v.fetched_at desc, v.job_id desc, v.attempt desc
limit $7
