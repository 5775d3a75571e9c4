-- ledger_sums: what became of the deliveries of a time, summed up, and how many do not add up.
-- $1 timestamptz from; $2 timestamptz to, which is not in it.
-- One snapshot. Receipts are counted from the jobs, claims in flight from those under a lease: a
-- delivery whose claims are not all accounted for, or whose effects are not its receipts, is
-- in the wrong. Jobs are at most a week older than their delivery, but for those
-- sent by hand, whose ids tell no age, and those that were replayed.
with delivery as materialized (
  select d.* from jobs.delivery d where d.delivered_at >= $1 and d.delivered_at < $2
), receipt as materialized (
  select j.lease_token as token, count(*) as receipts
  from jobs.job j
  where j.state = 'completed' and j.finished_at >= $1 and j.lease_token is not null
    and (j.id > (select uuidv7(least($1 - clock_timestamp(), interval '0') - interval '8 days'))
      or j.replays > 0 or uuid_extract_version(j.id) = 8)
  group by j.lease_token
), held as materialized (
  select j.lease_token as token, count(*) as held
  from jobs.job j where j.finished_at is null and j.state = 'in_progress' group by j.lease_token
), ends as (
  select d.*, coalesce(r.receipts, 0) as receipts, coalesce(h.held, 0) as held
  from delivery d
  left join receipt r on r.token = d.token
  left join held h on h.token = d.token
)
select count(*) as deliveries, coalesce(sum(e.messages), 0)::int8 as messages,
       coalesce(sum(e.unreadable), 0)::int8 as unreadable,
       coalesce(sum(e.absorbed), 0)::int8 as absorbed, coalesce(sum(e.taken), 0)::int8 as taken,
       coalesce(sum(e.effects), 0)::int8 as effects,
       coalesce(sum(e.failures), 0)::int8 as failures,
       coalesce(sum(e.put_off), 0)::int8 as put_off, coalesce(sum(e.lost), 0)::int8 as lost,
       coalesce(sum(e.held), 0)::int8 as in_flight,
       coalesce(sum(e.receipts), 0)::int8 as receipts,
       count(*) filter (where e.taken <> e.effects + e.failures + e.put_off + e.lost + e.held)
         as unaccounted,
       count(*) filter (where e.effects <> e.receipts) as conflicts
from ends e
