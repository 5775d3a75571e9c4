-- read_audit: the audit's end, and entries before a seq, newest first; a row of
-- nulls where there are none. $1 text actor, $2 text action, $3 text target, $4 text
-- outcome, $5 int8 seq: or null for any; $6 int8 most entries.
select h.seq as head_seq, h.hash as head_hash, a.seq, a.at, a.entry, a.hash
from jobs.audit_head h
left join lateral (
  select a.seq, a.at, a.entry, a.hash from jobs.audit a
  where ($1::text is null or a.actor = $1) and ($2::text is null or a.action = $2)
    and ($3::text is null or a.target = $3) and ($4::text is null or a.outcome = $4)
    and ($5::int8 is null or a.seq < $5)
  order by a.seq desc limit $6
) a on true
order by a.seq desc
