-- insert_matches: matches that a tournament gets; those that it has stay as they are.
-- $1 text organization; $2 uuid tournament; $3 text[] what the provider calls them; $4 text[]
-- rounds; $5 text[] teams named first; $6 text[] teams named second; $7 timestamptz[] kickoffs.
insert into scoreboard.matches (organization_id, tournament_id, external_id, round, home_team,
                                away_team, kickoff, next_check_at)
select $1, $2, n.external_id, n.round, n.home_team, n.away_team, n.kickoff, n.kickoff
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) with ordinality
  as n(external_id, round, home_team, away_team, kickoff, place)
order by n.place
on conflict (organization_id, tournament_id, external_id) do nothing
