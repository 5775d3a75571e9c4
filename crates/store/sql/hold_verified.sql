-- hold_verified: locks a match that was asked about; raises JB004 where it, or its
-- tournament's rules, is another than the answer was judged by, or that is closed. A
-- statement of its own: the next one writes what was judged by what is locked.
-- $1 text organization; $2 uuid tournament; $3 uuid match; $4 text status; $5 timestamptz
-- kickoff; $6 int4 version of the result; $7 timestamptz when it was checked last, or null;
-- $8 int4 version of the rules.
with held as (
  select m.id from scoreboard.matches m
  join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
  where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
    and m.status = $4 and m.kickoff = $5 and m.result_version = $6
    and m.last_checked_at is not distinct from $7 and t.rules_version = $8 and t.closed_at is null
  for no key update of m
)
select jobs.refuse(count(*) = 0, 'JB004', 'the match is another meanwhile')::text from held
