-- hold_boards: locks a tournament that is closed, and waits for it: nobody settles a match of it,
-- joins it or guesses until the transaction ends. $1 text organization; $2 uuid tournament.
-- A statement of its own: those after it see what was committed until then.
select t.id from scoreboard.tournaments t
where t.organization_id = $1 and t.id = $2 for update
