-- retire_events: deletes events that occurred long ago, sent or not.
-- $1 int8 seconds that they are kept; $2 int8 most rows.
with old as (
  select e.id from jobs.event_outbox e
  where e.id < (select uuidv7(-$1 * interval '1 s'))
    and e.occurred_at < (select clock_timestamp() - $1 * interval '1 s')
  order by e.id limit $2 for update skip locked
), gone as (
  delete from jobs.event_outbox e using old where e.id = old.id returning e.id
)
select count(*) as retired from gone
