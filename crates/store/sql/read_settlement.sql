-- read_settlement: a match, its tournament's rules and the settlement of it that counts.
-- $1 text organization; $2 uuid tournament; $3 uuid match; $4 int8 most guesses.
-- Everybody who guesses is a member: of fewer members than that no guess is counted.
select t.rules, t.tie_breaks, t.rules_version, m.round, m.kickoff, m.status, m.result,
       m.result_version, m.last_checked_at, m.ended_at, m.next_check_at,
       l.seq as applied_seq, l.result_version as applied_version,
       l.entry::jsonb ->> 'resultHash' as applied_hash, t.closed_at is not null as is_closed,
       case when b.members > $4 then (
         select count(*) > $4 from (
           select from scoreboard.guesses g
           where g.organization_id = $1 and g.tournament_id = $2 and g.match_id = $3 limit $4 + 1
         ) guessed
       ) else false end as is_too_large
from scoreboard.matches m
join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
join scoreboard.boards b on b.organization_id = t.organization_id and b.id = t.id
left join lateral (
  select e.seq, e.result_version, e.entry from scoreboard.match_settlement_ledger e
  where e.organization_id = m.organization_id and e.tournament_id = m.tournament_id
    and e.match_id = m.id and e.status = 'applied'
  order by e.seq desc limit 1
) l on true
where m.organization_id = $1 and m.tournament_id = $2 and m.id = $3
