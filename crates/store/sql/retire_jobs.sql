-- retire_jobs: deletes final jobs whose dead letters are all decided.
-- $1 int8 seconds that they are kept after they became final; $2 int8 most rows.
-- Ids tell the age of rows, but for jobs sent by hand, whose ids are digests.
-- The row's lock looks again: a job that was replayed meanwhile stays.
with by_age as (
  select j.id from jobs.job j
  where j.id < (select uuidv7(-$1 * interval '1 s'))
    and j.finished_at < (select clock_timestamp() - $1 * interval '1 s')
    and not exists (select from jobs.dead_letter d where d.job_id = j.id and d.decided_at is null)
  order by j.id limit $2 for update of j skip locked
), by_hand as (
  select j.id from jobs.job j
  where uuid_extract_version(j.id) = 8
    and j.finished_at < (select clock_timestamp() - $1 * interval '1 s')
    and not exists (select from jobs.dead_letter d where d.job_id = j.id and d.decided_at is null)
  order by j.finished_at limit $2 for update of j skip locked
), gone as (
  delete from jobs.job j
  using (select a.id from by_age a union select h.id from by_hand h limit $2) old
  where j.id = old.id
  returning j.id
)
select count(*) as retired from gone
