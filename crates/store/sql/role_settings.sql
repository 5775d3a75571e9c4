-- role_settings: what roles set, in this database or in all of it; the database's own word
-- comes first. $1 text[] roles.
select r.rolname::text as role, split_part(c.setting, '=', 1) as name,
       substr(c.setting, strpos(c.setting, '=') + 1) as value
from pg_roles r
join pg_db_role_setting s on s.setrole = r.oid
  and s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
cross join lateral unnest(s.setconfig) as c(setting)
where r.rolname = any($1)
order by r.rolname, name, s.setdatabase desc
