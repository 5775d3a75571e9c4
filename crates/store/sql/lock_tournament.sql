-- lock_tournament: locks a tournament whose match is settled; an error where somebody
-- holds it. A statement of its own: those after it see what was committed until then.
-- $1 text organization; $2 uuid tournament.
-- Its key stays as it is, so that matches of it may be written meanwhile.
select t.id from scoreboard.tournaments t
where t.organization_id = $1 and t.id = $2 for no key update nowait
