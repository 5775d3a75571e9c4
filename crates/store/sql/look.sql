-- look: what the jobs that were not claimed wait for.
-- $1 uuid[] ids; $2 text[] batched types; $3 text[] single types.
select j.id, j.state, j.alone,
  case
    when j.state in ('queued', 'failed')
      and j.available_at <= clock_timestamp() + interval '2 s' then
      case when j.type = any($2) then 'unlocked' when j.type = any($3) then 'alone'
           else 'nothing' end
    when j.state = 'in_progress' and j.lease_until <= clock_timestamp()
      and (j.type = any($2) or j.type = any($3)) then 'alone'
    else 'nothing'
  end as next
from jobs.job j where j.id = any($1)
