-- tell_matches: writes matches that are new or told otherwise, while they are still to come.
-- $1 text organization; $2 uuid tournament; $3 text[] external ids, sorted; $4 text[] rounds;
-- $5 text[], $6 text[] teams; $7 timestamptz[] kickoffs. One at another time than before is
-- scheduled again and asked about from then on.
insert into scoreboard.matches as m (organization_id, tournament_id, external_id, round, home_team,
                                     away_team, kickoff, next_check_at)
select $1, $2, n.external_id, n.round, n.home, n.away, n.kickoff, n.kickoff
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
  as n(external_id, round, home, away, kickoff)
order by n.external_id collate "C"
on conflict (organization_id, tournament_id, external_id) do update set
  round = excluded.round, home_team = excluded.home_team, away_team = excluded.away_team,
  kickoff = excluded.kickoff,
  status = case when m.kickoff = excluded.kickoff then m.status else 'scheduled' end,
  next_check_at = case when m.kickoff = excluded.kickoff then m.next_check_at
                       else excluded.next_check_at end
where m.status in ('scheduled', 'postponed')
returning m.id, m.external_id
