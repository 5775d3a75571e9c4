-- set_role_password: the command that gives a role a password, quoted by the server.
-- $1 text role; $2 text password.
select format('alter role %I password %L', $1, $2)
