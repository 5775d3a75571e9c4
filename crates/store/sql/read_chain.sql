-- read_chain: the audit's end, and entries after a seq, oldest first; a row of
-- nulls where there are none. $1 int8 seq; $2 int8 most entries.
-- One statement, so that the end is that of the entries.
select h.seq as head_seq, h.hash as head_hash, a.seq, a.at, a.entry, a.hash
from jobs.audit_head h
left join lateral (
  select a.seq, a.at, a.entry, a.hash from jobs.audit a
  where a.seq > $1 order by a.seq limit $2
) a on true
order by a.seq
