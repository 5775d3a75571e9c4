-- create_database: the command that makes a database, if it is not there. $1 text name.
-- Commands of this kind take no parameters, so the server quotes the name.
select format('create database %I', $1)
where not exists (select from pg_database where datname = $1)
