-- hold_portfolios: locks users, so that the next statement sees what others have written of
-- their scores. $1 text[] organizations; $2 text[] users, sorted by both.
select from portfolio.users u
where (u.organization_id, u.user_id) in (select w.* from unnest($1::text[], $2::text[]) w)
order by u.organization_id, u.user_id
for no key update
