//! No table with an organization answers the HTTP worker's role past row-level
//! security, whichever room a migration puts it into.

use mauntic_testkit::database::Role;
use mauntic_tests::world::World;

use crate::tenants::TABLES;

/// Whatever names an organization in any room and answers the HTTP worker's role
/// past row-level security. A view asks with its owner's rights unless it says
/// otherwise, and no policy stands before TRUNCATE.
const UNGUARDED: &str = "select c.oid::regclass::text from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and c.relkind in ('r', 'p', 'f', 'm', 'v')
    and (not c.relrowsecurity
      and not 'security_invoker=true' = any (coalesce(c.reloptions, '{}'))
      and (has_table_privilege('mauntic_http', c.oid, 'select, insert, update, delete')
        or has_any_column_privilege('mauntic_http', c.oid, 'select, insert, update'))
      or has_table_privilege('mauntic_http', c.oid, 'truncate'))
  order by 1";

/// A room that a later migration might bring; of its tables and views the ones
/// with a reason to be listed.
const LATER_ROOM: &str = "create schema later;
  create table later.unsecured (organization_id text, x int);
  grant select on later.unsecured to mauntic_http;
  create table later.one_column (organization_id text, x int);
  grant update (x) on later.one_column to mauntic_http;
  create table later.to_everyone (organization_id text);
  grant delete on later.to_everyone to public;
  create table later.emptied (organization_id text);
  alter table later.emptied enable row level security;
  grant truncate on later.emptied to mauntic_http;
  create view later.looked_through as select organization_id, state from jobs.job;
  grant select on later.looked_through to mauntic_http;
  create table later.split (organization_id text) partition by list (organization_id);
  grant insert on later.split to mauntic_http;

  create table later.private (organization_id text);
  grant select on later.private to mauntic_queue;
  create table later.of_nobody (x int);
  grant select on later.of_nobody to mauntic_http;
  create table later.secured (organization_id text);
  alter table later.secured enable row level security;
  grant select, insert, update, delete on later.secured to mauntic_http;
  create view later.asking with (security_invoker=true) as select organization_id from jobs.job;
  grant select on later.asking to mauntic_http;";

async fn names(world: &World, sql: &str) -> Vec<String> {
    world.rows(sql).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_with_an_organization_is_under_row_level_security() {
    let world = World::new().await;
    assert_eq!(names(&world, UNGUARDED).await, [""; 0]);
    let sql = "select c.oid::regclass::text from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
      where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_'
        and c.relrowsecurity order by 1";
    let mut expected = TABLES;
    expected.sort_unstable();
    assert_eq!(names(&world, sql).await, expected);
    // Row-level security binds neither of these.
    let sql = "select rolname::text from pg_roles
      where rolname = 'mauntic_http' and (rolsuper or rolbypassrls)
      union all select c.oid::regclass::text from pg_class c
      where pg_has_role('mauntic_http', c.relowner, 'member')";
    assert_eq!(names(&world, sql).await, [""; 0]);
    // What is not under it, the role cannot read at all.
    let http = world.database.connect(Role::Http).await.unwrap();
    for table in [
        "jobs.audit",
        "jobs.dead_letter",
        "jobs.event_outbox",
        "jobs.replay",
        "auth.api_key",
        "auth.organization",
    ] {
        let error =
            http.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{table}");
    }
}

#[tokio::test]
async fn a_new_table_without_row_level_security_would_be_found() {
    let world = World::new().await;
    world.owner.batch_execute(LATER_ROOM).await.unwrap();
    let found = names(&world, UNGUARDED).await;
    let listed = ["emptied", "looked_through", "one_column", "split", "to_everyone", "unsecured"];
    assert_eq!(found, listed.map(|table| format!("later.{table}")));
}
