-- take_guesses: stores guesses about a match, if it takes them at the time that they are stored
-- with; nothing else. $1 text organization; $2 uuid tournament; $3 uuid match; $4 text[] members,
-- sorted; $5 int2[], $6 int2[] goals. One that is there with the same score is from when it was.
with at as materialized (
  select clock_timestamp() as now
)
insert into scoreboard.guesses as g (organization_id, tournament_id, match_id, member_id, home, away,
                                     stored_at)
select $1, $2, $3, n.member, n.home, n.away, a.now
from at a
join scoreboard.matches m on m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
  and m.status in ('scheduled', 'postponed') and a.now < m.kickoff
cross join unnest($4::text[], $5::int2[], $6::int2[]) n(member, home, away)
order by n.member collate "C"
on conflict (organization_id, tournament_id, match_id, member_id) do update set
  home = excluded.home, away = excluded.away,
  stored_at = case when (g.home, g.away) = (excluded.home, excluded.away) then g.stored_at
                   else excluded.stored_at end
returning g.stored_at
