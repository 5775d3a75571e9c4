-- lock_tournament: locks a tournament whose match is settled; raises JB008 where somebody
-- holds it. A statement of its own: those after it see what was committed until then.
-- $1 text organization; $2 uuid tournament.
-- Its key stays as it is, so that members may join meanwhile. Who holds it has an error of
-- its own: a wait for other locks that was in vain is something else.
with held as (
  select t.id from scoreboard.tournaments t
  where t.organization_id = $1 and t.id = $2 for no key update skip locked
)
select jobs.refuse(count(*) = 0, 'JB008', 'the tournament is held')::text from held
