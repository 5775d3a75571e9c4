-- append_audit: adds entries to the audit's chain, in the order given.
-- $1 text[] entries as JSON. Last in a transaction: the chain's end is everybody's.
select jobs.append_audit(e.entry) as seq from unnest($1::text[]) as e(entry)
