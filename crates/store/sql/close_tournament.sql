-- close_tournament: closes a tournament with the digest of its board. $1 text organization;
-- $2 uuid tournament.
-- Behind hold_boards. A line is: member, ten-thousandths of points, exact hits, right
-- outcomes, microseconds since 1970 of joining, joined by blanks, with a line feed behind it.
update scoreboard.tournaments t set
  closed_at = clock_timestamp(), closed_seq = t.ledger_seq,
  closed_digest = (
    select sha256(convert_to(coalesce(string_agg(format(E'%s %s %s %s %s\n', e.member_id,
        e.points_e4, e.exact_hits, e.right_outcomes,
        (extract(epoch from e.joined_at) * 1000000)::int8), ''
        order by e.standing, e.joined_at, e.member_id), ''), 'UTF8'))
    from scoreboard.entries e where e.organization_id = $1 and e.board_id = $2
  )
where t.organization_id = $1 and t.id = $2
returning t.closed_at, t.closed_digest, t.closed_seq
