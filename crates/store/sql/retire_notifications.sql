-- retire_notifications: deletes notifications whose window is over; one that was
-- never known to be sent is kept, because a sender may come back for it.
-- $1 int8 seconds for which it is kept; $2 int8 most rows.
with old as (
  select n.subject, n.kind from jobs.notification n
  where n.expires_at < (select clock_timestamp())
    and (n.state = 'sent' or n.expires_at < (select clock_timestamp() - $1 * interval '1 s'))
  order by n.expires_at limit $2 for update skip locked
), gone as (
  delete from jobs.notification n using old
  where n.subject = old.subject and n.kind = old.kind
  returning 1
)
select count(*) as retired from gone
