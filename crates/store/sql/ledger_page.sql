-- ledger_page: a tournament's ledger behind a seq, oldest first, with its end and its order of
-- members; a row of nulls where there are no entries. $1 text organization; $2 uuid tournament;
-- $3 int8 seq; $4 int8 most entries.
-- One statement, so that the end is that of the entries.
select t.ledger_seq, t.ledger_hash, t.tie_breaks, l.seq, l.at, l.entry, l.hash
from scoreboard.tournaments t
left join lateral (
  select l.seq, l.at, l.entry, l.hash from scoreboard.match_settlement_ledger l
  where l.organization_id = $1 and l.tournament_id = $2 and l.seq > $3 order by l.seq limit $4
) l on true
where t.organization_id = $1 and t.id = $2
order by l.seq
