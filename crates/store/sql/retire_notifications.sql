-- retire_notifications: deletes notifications whose window is over.
-- $1 int8 most rows.
with old as (
  select n.subject, n.kind from jobs.notification n
  where n.expires_at < (select clock_timestamp())
  order by n.expires_at limit $1 for update skip locked
), gone as (
  delete from jobs.notification n using old
  where n.subject = old.subject and n.kind = old.kind
  returning 1
)
select count(*) as retired from gone
