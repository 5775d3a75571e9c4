//! The schema as it stands after the migrations.

use mauntic_store::{SCHEMA, migrate};
use mauntic_testkit::database::Role;
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let world = World::new().await;
    assert!(migrate::run(&world.owner).await.unwrap().is_empty());
    let newest =
        world.rows("select max(number) from jobs.schema_migration").await[0].get::<_, i32>(0);
    assert_eq!(usize::try_from(newest).unwrap(), migrate::MIGRATIONS.len());
}

/// A migration only expands, so a build runs on the schema it brings and on the
/// next one, which is migrated before the next build is deployed.
#[tokio::test]
async fn a_build_runs_on_its_own_schema_and_the_next_one() {
    let own = i32::try_from(migrate::MIGRATIONS.len()).unwrap();
    assert_eq!(SCHEMA, own..=own + 1);
    let world = World::new().await;
    let owner = organization("org_1");
    for (number, contact_name) in [(own, "a"), (own + 1, "b"), (own + 2, "c")] {
        let sql = "insert into jobs.schema_migration (number, name, sha256)
          values ($1, 'later', sha256(''::bytea)) on conflict do nothing";
        world.owner.execute(sql, &[&number]).await.unwrap();
        world.contacts(&owner, &[contact(contact_name, &json!({}))]).await;
        let batch = world.consume(contact_name, &texts([short("org_1", contact_name)])).await;
        let done = usize::from(SCHEMA.contains(&number));
        assert_eq!(batch.report.completed, done, "schema {number}: {:?}", batch.report);
    }
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let world = World::new().await;
    let sql = "update jobs.schema_migration set sha256 = sha256('other'::bytea) where number = 2";
    world.owner.execute(sql, &[]).await.unwrap();
    let error = migrate::run(&world.owner).await.unwrap_err();
    assert!(matches!(error, migrate::MigrateError::Changed { .. }), "{error}");
}

#[tokio::test]
async fn migrations_are_numbered_without_gaps() {
    for (migration, number) in migrate::MIGRATIONS.iter().zip(1..) {
        assert!(migration.name.starts_with(&format!("{number:04}_")), "{}", migration.name);
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), migrate::MIGRATIONS.len());
}

#[tokio::test]
async fn every_column_and_table_has_a_comment() {
    let world = World::new().await;
    let sql = "select n.nspname || '.' || c.relname || coalesce('.' || a.attname, '')
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (select 0::int2 as attnum, null::name as attname union all
        select attnum, attname from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) a
      where c.relkind in ('r', 'p')
        and n.nspname in ('jobs', 'scoring', 'auth', 'analytics', 'delivery', 'lead_intelligence',
          'scoreboard', 'portfolio')
        and col_description(c.oid, a.attnum) is null and (a.attnum > 0 or obj_description(c.oid) is null)";
    let bare: Vec<String> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    assert!(bare.is_empty(), "without a comment: {bare:?}");
}

#[tokio::test]
async fn workers_roles_have_their_timeouts() {
    let world = World::new().await;
    for role in [Role::Http, Role::Queue] {
        let client = world.database.connect(role).await.unwrap();
        for (setting, expected) in [
            ("statement_timeout", "50s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "15s"),
            ("transaction_timeout", "55s"),
        ] {
            let row = client.query_one(&format!("show {setting}"), &[]).await.unwrap();
            assert_eq!(row.get::<_, String>(0), expected, "{role:?} {setting}");
        }
    }
}

#[tokio::test]
async fn claim_and_dispatch_change_no_indexed_column() {
    // Heap-only tuples need it: with them the table does twice the jobs a second.
    let world = World::new().await;
    let sql = "select i.relname || ': ' || a.attname from pg_index x
      join pg_class i on i.oid = x.indexrelid join pg_attribute a on a.attrelid = x.indrelid
      where x.indrelid = 'jobs.job'::regclass
        and (a.attnum = any(x.indkey) or pg_get_expr(x.indpred, x.indrelid) ~ ('\\m' || a.attname || '\\M'))
        and a.attname in ('state', 'claim', 'lease_until', 'lease_token', 'wake_at', 'alone', 'failures',
          'resends', 'available_at', 'snoozes', 'snooze_reason', 'last_error', 'death_message', 'platform_deaths')";
    let named: Vec<String> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    assert!(named.is_empty(), "{named:?}");
}
