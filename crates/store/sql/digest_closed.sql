-- digest_closed: how a tournament was closed, and the digest of its board as it is now, which
-- is as in close_tournament; no row of one that is open. $1 text organization; $2 uuid tournament.
select t.closed_at, t.closed_digest, t.closed_seq, (
  select sha256(convert_to(coalesce(string_agg(format(E'%s %s %s %s %s\n', e.member_id,
      e.points_e4, e.exact_hits, e.right_outcomes,
      (extract(epoch from e.joined_at) * 1000000)::int8), ''
      order by e.standing, e.joined_at, e.member_id), ''), 'UTF8'))
  from scoreboard.entries e where e.organization_id = $1 and e.board_id = $2
) as digest
from scoreboard.tournaments t
where t.organization_id = $1 and t.id = $2 and t.closed_at is not null
