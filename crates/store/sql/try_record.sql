-- try_record: reserves a notification, once a window; returns its id.
-- $1 text subject; $2 text kind; $3 uuid fresh id; $4 uuid token; $5 int8 seconds a
-- reservation holds; $6 int8 seconds of the window.
-- A window that is over begins anew, with the fresh id if it was told in it. What was
-- never known to be told keeps its id, by which the other side may know it: the same
-- sender may ask again, and one whose reservation ran out is taken for dead.
insert into jobs.notification as n (subject, kind, id, state, token, lease_until, expires_at)
values ($1, $2, $3, 'reserved', $4, clock_timestamp() + $5 * interval '1 s',
        clock_timestamp() + $6 * interval '1 s')
on conflict (subject, kind) do update set
  id = case when n.state = 'sent' then excluded.id else n.id end,
  expires_at = case when n.expires_at <= clock_timestamp() then excluded.expires_at
               else n.expires_at end,
  state = 'reserved', token = excluded.token, sent_at = null,
  lease_until = clock_timestamp() + $5 * interval '1 s'
where (n.state = 'sent' and n.expires_at <= clock_timestamp())
  or (n.state = 'reserved' and (n.lease_until <= clock_timestamp() or n.token = excluded.token))
returning n.id
