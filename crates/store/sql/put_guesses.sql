-- put_guesses: members who guessed before the kickoffs; what is there stays as it is.
-- $1 text organization; $2 uuid tournament; $3 text[] members, one a guess; $4 text[] what the
-- provider calls the matches; $5 int2[] goals of the teams named first; $6 int2[] of the second.
with guess as (
  select g.* from unnest($3::text[], $4::text[], $5::int2[], $6::int2[])
    as g(member_id, external_id, home, away)
), joined as (
  insert into scoreboard.members (organization_id, tournament_id, member_id)
  select distinct $1, $2::uuid, g.member_id from guess g order by g.member_id
  on conflict (organization_id, tournament_id, member_id) do nothing
)
insert into scoreboard.guesses
  (organization_id, tournament_id, match_id, member_id, home, away, stored_at)
select m.organization_id, m.tournament_id, m.id, g.member_id, g.home, g.away,
       m.kickoff - interval '1 h'
from guess g
join scoreboard.matches m on m.organization_id = $1 and m.tournament_id = $2
  and m.external_id = g.external_id
order by m.id, g.member_id
on conflict (organization_id, tournament_id, match_id, member_id) do nothing
