-- retire_seen: forgets events that are too old to come again.
-- $1 timestamptz seen before this; $2 int8 most rows.
-- The bound is a value and not the server's clock, by which the planner would not know that
-- nearly all is younger, and would read the whole table.
with gone as (
  delete from scoring.event_seen e
  where e.ctid = any(array(
    select o.ctid from scoring.event_seen o where o.seen_at < $1 limit $2 for update skip locked))
  returning e.event_id
)
select count(*) as retired from gone
