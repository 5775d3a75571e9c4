-- hold_match: locks a match that is settled; raises JB004 where it, its tournament's rules
-- or what counts of it is another than the settlement was decided on, or it is closed.
-- $1 text organization; $2 uuid tournament; $3 uuid match; $4 int4 version of the result;
-- $5 timestamptz kickoff; $6 text round; $7 int4 version of the rules; $8 int8 the entry that
-- counts, or null.
with held as (
  select m.id from scoreboard.matches m
  join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
  where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
    and m.result_version = $4 and m.kickoff = $5 and m.round = $6 and t.rules_version = $7 and t.closed_at is null
    and $8 is not distinct from (
      select max(l.seq) from scoreboard.match_settlement_ledger l
      where l.organization_id = $1 and l.tournament_id = $2 and l.match_id = $3
        and l.status = 'applied'
    )
  for no key update of m
)
select jobs.refuse(count(*) = 0, 'JB004', 'the match is another meanwhile')::text from held
