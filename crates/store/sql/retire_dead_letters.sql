-- retire_dead_letters: deletes dead letters that were decided long ago.
-- $1 int8 seconds that they are kept after that; $2 int8 most rows.
with old as (
  select d.id from jobs.dead_letter d
  where d.id < (select uuidv7(-$1 * interval '1 s'))
    and d.decided_at < (select clock_timestamp() - $1 * interval '1 s')
  order by d.id limit $2 for update skip locked
), gone as (
  delete from jobs.dead_letter d using old where d.id = old.id returning d.id
)
select count(*) as retired from gone
