-- look: what the jobs that were not claimed wait for. After the claim, whose token tells what
-- it took; what is final already is absorbed, and counted in the delivery.
-- $1 uuid[] ids; $2 text queue; $3 text[] types of this build, $4 int2[] the newest version
-- of each that it reads, $5 boolean[] whether each is batched; $6 uuid invocation token.
with seen as materialized (
  select j.id, j.type, j.state, j.alone, j.finished_at is not null as final,
    j.lease_token = $6 as taken,
    case
      when j.state in ('queued', 'failed')
        and j.available_at <= clock_timestamp() + interval '2 s'
        and j.expires_at > clock_timestamp() then
        case when t.known is not true then 'another_build' when t.batched then 'unlocked'
             else 'alone' end
      when j.state = 'in_progress' and j.lease_until <= clock_timestamp() then
        case when t.known then 'alone' else 'another_build' end
      else 'nothing'
    end as next
  from jobs.job j
  cross join lateral (
    select j.version <= ($4::int2[])[p.place] as known, ($5::boolean[])[p.place] as batched
    from array_position($3::text[], j.type) as p(place)
  ) t
  where j.id = any($1) and j.queue = $2
), absorbed as (
  update jobs.delivery d set absorbed = d.absorbed + s.absorbed
  from (select count(*)::int4 as absorbed from seen where final and taken is not true) s
  where d.token = $6 and s.absorbed > 0
)
select s.id, s.type, s.state, s.alone, s.next from seen s where s.taken is not true
