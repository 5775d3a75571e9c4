-- note_drift: keeps what a check of a tournament has found, in place of the check before.
-- $1 text organization; $2 uuid tournament; $3 int8 the ledger's end; $4 int8 differences;
-- $5 text the first of them as JSON.
insert into scoreboard.drift (organization_id, tournament_id, ledger_seq, differences, detail)
values ($1, $2, $3, $4, $5::jsonb)
on conflict (organization_id, tournament_id) do update set
  checked_at = excluded.checked_at, ledger_seq = excluded.ledger_seq,
  differences = excluded.differences, detail = excluded.detail
