-- put_organization: makes an organization known. $1 text id; $2 text name.
insert into auth.organization as o (id, name) values ($1, $2)
on conflict (id) do update set name = excluded.name
