-- league_board: members of a league with what they have, in no order; a row of nulls of a
-- league without any; nothing of one that keeps a board. $1 text organization; $2 uuid tournament; $3 uuid league; $4 int8 most.
select m.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.joined_at
from scoreboard.leagues l
left join lateral (
  select m.member_id from scoreboard.league_members m
  where m.organization_id = $1 and m.tournament_id = $2 and m.league_id = $3 limit $4
) m on true
left join scoreboard.entries e
  on e.organization_id = $1 and e.board_id = $2 and e.member_id = m.member_id
where l.organization_id = $1 and l.tournament_id = $2 and l.id = $3 and not l.board
