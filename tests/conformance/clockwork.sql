-- A clock that only a test moves, and ids without chance, in front of the
-- server's own: statements find them first, because their schema comes first
-- in the search path of this database's sessions. Ids have the pattern of
-- mauntic_sim's, so that they sort the same in both.

create schema clockwork;
create table clockwork.clock (now timestamptz not null);
create sequence clockwork.ids;

create function clockwork.clock_timestamp() returns timestamptz language sql volatile as
  'select c.now from clockwork.clock c';

create function clockwork.id(at timestamptz, maker int8, number int8) returns uuid
language sql volatile as $$
  select (lpad(to_hex(floor(extract(epoch from at) * 1000)::int8), 12, '0')
    || lpad(to_hex(28672 + maker), 4, '0') || '8000' || lpad(to_hex(number), 12, '0'))::uuid
$$;

create function clockwork.uuidv7() returns uuid language sql volatile as
  'select clockwork.id(c.now, 1, nextval(''clockwork.ids'')) from clockwork.clock c';

create function clockwork.uuidv7(shift interval) returns uuid language sql volatile as
  'select clockwork.id(c.now + shift, 0, 0) from clockwork.clock c';

grant usage on schema clockwork to public;
grant select on clockwork.clock to public;
grant usage on sequence clockwork.ids to public;

do $$
declare
  found record;
begin
  for found in
    select x.adrelid::regclass as relation, a.attname as name,
           pg_get_expr(x.adbin, x.adrelid) as value
    from pg_attrdef x
    join pg_attribute a on a.attrelid = x.adrelid and a.attnum = x.adnum
    where a.attgenerated = '' and pg_get_expr(x.adbin, x.adrelid) ~ '(clock_timestamp|uuidv7)\('
  loop
    execute format('alter table %s alter column %I set default %s', found.relation, found.name,
      regexp_replace(found.value, '(clock_timestamp|uuidv7)\(', 'clockwork.\1(', 'g'));
  end loop;
  for found in
    select p.oid::regprocedure as routine from pg_proc p
    where p.pronamespace in ('jobs'::regnamespace, 'scoreboard'::regnamespace)
      and p.proconfig && array['search_path=pg_catalog', 'search_path=pg_catalog, pg_temp']
  loop
    execute format('alter function %s set search_path = clockwork, pg_catalog, pg_temp', found.routine);
  end loop;
  execute format('alter database %I set search_path = clockwork, pg_catalog, public',
    current_database());
end
$$;
