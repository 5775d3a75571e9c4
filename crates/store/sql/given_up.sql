-- given_up: the first matches without an end that nobody asks about any more, whoever's,
-- each with how many there are.
-- $1 int4 most rows.
select g.match_id, g.total from scoreboard.given_up($1) g
