-- put_tournament: makes a tournament; one that is there stays as it is.
-- $1 text organization; $2 uuid tournament; $3 text name; $4 text what its provider calls it;
-- $5 jsonb rules; $6 jsonb what orders tied members.
insert into scoreboard.tournaments (organization_id, id, name, provider_id, rules, tie_breaks)
values ($1, $2, $3, $4, $5, $6)
on conflict (organization_id, id) do nothing
