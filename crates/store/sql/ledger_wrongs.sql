-- ledger_wrongs: deliveries of a time that do not add up, oldest first.
-- $1 timestamptz from; $2 timestamptz to, which is not in it; $3 int8 most rows.
-- The same look as ledger_sums takes.
with receipt as materialized (
  select j.lease_token as token, count(*) as receipts
  from jobs.job j
  where j.state = 'completed' and j.finished_at >= $1 and j.lease_token is not null
    and (j.id > (select uuidv7(least($1 - clock_timestamp(), interval '0') - interval '8 days'))
      or j.replays > 0 or uuid_extract_version(j.id) = 8)
  group by j.lease_token
), held as materialized (
  select j.lease_token as token, count(*) as held
  from jobs.job j where j.finished_at is null and j.state = 'in_progress' group by j.lease_token
)
select d.token, d.queue, d.delivered_at, d.taken, d.effects, d.failures, d.put_off, d.lost,
       coalesce(h.held, 0) as in_flight, coalesce(r.receipts, 0) as receipts
from jobs.delivery d
left join receipt r on r.token = d.token
left join held h on h.token = d.token
where d.delivered_at >= $1 and d.delivered_at < $2
  and (d.taken <> d.effects + d.failures + d.put_off + d.lost + coalesce(h.held, 0)
    or d.effects <> coalesce(r.receipts, 0))
order by d.delivered_at, d.token limit $3
