-- found_league: makes a league. $1 text organization; $2 uuid tournament; $3 text name.
insert into scoreboard.leagues as l (organization_id, tournament_id, name) values ($1, $2, $3)
returning l.id, l.name, 0::int8 as members, l.created_at
