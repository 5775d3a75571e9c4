-- lock_portfolio: locks a user's row, so that versions of criteria come one by one.
-- $1 text organization; $2 text user.
select from portfolio.users u
where u.organization_id = $1 and u.user_id = $2
for no key update
