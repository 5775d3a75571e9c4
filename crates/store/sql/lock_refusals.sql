-- lock_refusals: one refusal of a holder is written at a time, so that their number
-- holds. $1 text who is refused. Before the chain's end, which is everybody's.
select pg_advisory_xact_lock(hashtext('mauntic.refusals'), hashtext($1))
