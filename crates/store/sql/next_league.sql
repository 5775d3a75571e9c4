-- next_league: the first league of a tournament that keeps a board, behind one. $1 text
-- organization; $2 uuid tournament; $3 uuid the league before, or null.
select l.id from scoreboard.leagues l
where l.organization_id = $1 and l.tournament_id = $2 and l.board
  and l.id > coalesce($3, '00000000-0000-0000-0000-000000000000')
order by l.id limit 1
