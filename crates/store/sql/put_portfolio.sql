-- put_portfolio: stores whose portfolio it is, and locks the row.
-- $1 text organization; $2 text user; $3 text base currency; $4 bool whether nights score it.
insert into portfolio.users (organization_id, user_id, base_currency, active)
values ($1, $2, $3, $4)
on conflict (organization_id, user_id) do update
set base_currency = excluded.base_currency, active = excluded.active,
    updated_at = clock_timestamp()
