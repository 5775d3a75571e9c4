-- role_memberships: whether the HTTP worker may become an operator, whether it is one already
-- without, and whether an operator has the queue worker's rights. Nulls where a role is missing.
select pg_has_role(h.oid, o.oid, 'set') as may_operate,
       pg_has_role(h.oid, o.oid, 'usage') as operates_always,
       pg_has_role(o.oid, q.oid, 'usage') as operator_has_rights
from (values (1)) as one
left join pg_roles h on h.rolname = 'mauntic_http'
left join pg_roles o on o.rolname = 'mauntic_operator'
left join pg_roles q on q.rolname = 'mauntic_queue'
