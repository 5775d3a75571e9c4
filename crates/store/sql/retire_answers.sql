-- retire_answers: deletes answers to requests that count no more.
-- $1 int8 seconds that they count; $2 int8 most rows.
with old as (
  select a.holder, a.key from jobs.answer a
  where a.created_at < (select clock_timestamp() - $1 * interval '1 s')
  order by a.created_at limit $2 for update skip locked
), gone as (
  delete from jobs.answer a using old where a.holder = old.holder and a.key = old.key
  returning a.key
)
select count(*) as retired from gone
