-- overdue_alerts: open alerts whose time is over. $1 timestamptz now; $2 int8 most rows.
select o.id from (
  select a.id from scoring.signal_alerts a
  where a.status = 'open' and a.due_at <= $1
  order by a.due_at limit $2) o
order by o.id
