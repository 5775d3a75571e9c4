-- retire_replays: deletes replays of many that were over long ago.
-- $1 int8 seconds that they are kept after that; $2 int8 most rows.
with old as (
  select r.id from jobs.replay r
  where r.id < (select uuidv7(-$1 * interval '1 s'))
    and r.finished_at < (select clock_timestamp() - $1 * interval '1 s')
  order by r.id limit $2 for update skip locked
), gone as (
  delete from jobs.replay r using old where r.id = old.id returning r.id
)
select count(*) as retired from gone
