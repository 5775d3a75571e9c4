-- retire_verifications: deletes what came of asking about matches long ago.
-- $1 int8 seconds for which it is kept; $2 int8 most rows.
with old as (
  select v.job_id, v.attempt from scoreboard.verifications v
  where v.fetched_at < (select clock_timestamp() - $1 * interval '1 s')
  order by v.fetched_at limit $2
), gone as (
  delete from scoreboard.verifications v using old
  where v.job_id = old.job_id and v.attempt = old.attempt
  returning 1
)
select count(*) as retired from gone
