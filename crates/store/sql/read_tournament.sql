-- read_tournament: how a board of a tournament is shown, and which state of it; nothing of a
-- board that is not there. $1 text organization; $2 uuid tournament; $3 uuid league, or null.
-- The sum of two numbers that only grow is another once one of them is.
select t.ranking, t.tie_breaks, t.revision + b.changes as revision,
       (select count(*) from scoreboard.matches m
        where m.organization_id = t.organization_id and m.tournament_id = t.id
          and m.settled_version < m.result_version) as unsettled, l.board as keeps_board
from scoreboard.tournaments t
left join scoreboard.leagues l
  on l.organization_id = t.organization_id and l.tournament_id = t.id and l.id = $3
join scoreboard.boards b on b.organization_id = t.organization_id and b.id = coalesce(l.id, t.id)
where t.organization_id = $1 and t.id = $2 and (l.id is null) = ($3::uuid is null)
