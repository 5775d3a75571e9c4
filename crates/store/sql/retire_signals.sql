-- retire_signals: deletes archived signals that no score is asked of any more.
-- $1 timestamptz detected before this; $2 int8 most rows.
with gone as (
  delete from scoring.intent_signals s
  where s.ctid = any(array(
    select o.ctid from scoring.intent_signals o
    where o.archived_at is not null and o.detected_at < $1
    order by o.detected_at limit $2 for update skip locked))
  returning s.event_id
)
select count(*) as retired from gone
