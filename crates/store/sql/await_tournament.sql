-- await_tournament: locks a tournament whose ledger gets an entry, and waits for it.
-- $1 text organization; $2 uuid tournament.
select t.id from scoreboard.tournaments t
where t.organization_id = $1 and t.id = $2 for no key update
