-- lock_boards: locks a tournament whose boards are made anew: nobody settles a match of it, joins
-- it or guesses until the transaction ends; raises JB008 where somebody holds it. A statement of
-- its own: those after it see what was committed until then.
-- $1 text organization; $2 uuid tournament.
with known as (
  select count(*) as tournaments from scoreboard.tournaments t
  where t.organization_id = $1 and t.id = $2
), held as (
  select t.id from scoreboard.tournaments t
  where t.organization_id = $1 and t.id = $2 for update skip locked
)
select jobs.refuse((select count(*) from held) < k.tournaments, 'JB008',
                   'the tournament is held')::text
from known k
