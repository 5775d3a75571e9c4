-- 0017: keys of operators who only look, so that each has a name of their own in the audit.
--
-- Expands only: the build before this one runs on it. It lets such a key look as well.

alter table auth.api_key drop constraint api_key_owner;
alter table auth.api_key add constraint api_key_owner check (
  case when organization_id is null then scopes && array['operate', 'admin'] or scopes = array['read']
       else scopes <@ array['read', 'write'] end);
comment on table auth.api_key is
  'Keys: an organization''s (read, write) or an operator''s (operate, admin; read alone only looks).';
