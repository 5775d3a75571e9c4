-- strays: entries of a ledger about no match, and entries of points of no entry that counts.
-- $1 text organization; $2 uuid tournament; $3 int8 most rows.
-- Of entries of points only their seqs are looked for, each found behind the one before: a step
-- in the index for each, however many there are of it.
with recursive given (seq) as (
  (select p.seq from scoreboard.point_entries p
   where p.organization_id = $1 and p.tournament_id = $2 order by p.seq limit 1)
  union all
  select (select p.seq from scoreboard.point_entries p
          where p.organization_id = $1 and p.tournament_id = $2 and p.seq > g.seq
          order by p.seq limit 1)
  from given g where g.seq is not null
), stray as (
  select l.seq, null::int8 as rows from scoreboard.match_settlement_ledger l
  where l.organization_id = $1 and l.tournament_id = $2 and not exists (
    select from scoreboard.matches m
    where m.organization_id = $1 and m.tournament_id = $2 and m.id = l.match_id
  )
  union all
  select g.seq, (select count(*) from scoreboard.point_entries p
                 where p.organization_id = $1 and p.tournament_id = $2 and p.seq = g.seq)
  from given g
  where g.seq is not null and not exists (
    select from scoreboard.match_settlement_ledger l
    where l.organization_id = $1 and l.tournament_id = $2 and l.seq = g.seq
      and l.status = 'applied'
  )
)
select s.seq, s.rows from stray s order by s.seq, s.rows limit $3
