-- backlog: how many unfinished jobs an organization has on each queue.
-- $1 text organization; $2 text[] queues; $3 int8[] jobs asked for on each; $4 int8 most;
-- $5 text[] types that nobody asks for, which do not count.
-- Raises JB003 when there would be more: the transaction then writes nothing.
-- Counted no further than the limit.
select q.queue, live.unfinished,
       jobs.refuse(live.unfinished + q.asked > $4, 'JB003', 'backlog')::text
from unnest($2::text[], $3::int8[]) as q(queue, asked), lateral (
  select count(*) as unfinished from (
    select from jobs.job j
    where j.organization_id = $1 and j.queue = q.queue and j.finished_at is null
      and j.type <> all($5::text[])
    limit $4 + 1) j
) live
