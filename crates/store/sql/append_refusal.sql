-- append_refusal: adds an entry for a refused call to the audit's chain, unless the
-- last hour has as many as the audit takes; then returns no row.
-- $1 text who is refused; $2 text entry as JSON; $3 int8 most refusals of one holder;
-- $4 int8 most entries: no more of the newest are looked at.
-- Last in a transaction, behind the holder's lock: so it sees what that waited for.
with newest as (
  select a.at, a.actor, a.outcome from jobs.audit a order by a.seq desc limit $4
), hour as (
  select count(*) as entries,
         count(*) filter (where n.actor = $1 and n.outcome <> 'done') as refusals
  from newest n where n.at > clock_timestamp() - interval '1 h'
)
select jobs.append_audit($2) as seq from hour h where h.refusals < $3 and h.entries < $4
