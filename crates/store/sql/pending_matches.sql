-- pending_matches: how a tournament was closed, and matches of it that have a result which is to
-- be settled yet; a row of nulls where there are none. $1 text organization; $2 uuid tournament;
-- $3 int8 most rows.
select t.closed_at, t.closed_digest, t.closed_seq, m.id as match_id
from scoreboard.tournaments t
left join lateral (
  select m.id from scoreboard.matches m
  where m.organization_id = $1 and m.tournament_id = $2 and m.settled_version < m.result_version
  order by m.id limit $3
) m on true
where t.organization_id = $1 and t.id = $2
order by m.id
