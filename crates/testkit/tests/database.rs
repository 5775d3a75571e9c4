//! Each test's own database.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use mauntic_testkit::database::{Cluster, Role, TestDatabase, connect};
use mauntic_testkit::wait;
use std::collections::BTreeSet;

async fn count(database: &TestDatabase, sql: &str) -> i64 {
    let client = database.connect(Role::Owner).await.unwrap();
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn databases_are_migrated_and_do_not_see_each_other() {
    let one = TestDatabase::create().await;
    let two = TestDatabase::create().await;
    assert_ne!(one.name(), two.name());
    let client = one.connect(Role::Owner).await.unwrap();
    client.batch_execute("create table mark as select 1").await.unwrap();
    let marks = "select count(*) from pg_tables where tablename = 'mark'";
    assert_eq!(count(&one, marks).await, 1);
    assert_eq!(count(&two, marks).await, 0);
    let ours = "select count(*) from pg_tables where schemaname in ('jobs', 'scoring', 'auth')";
    assert!(count(&two, ours).await > 0, "the template should have our tables");
}

#[tokio::test]
async fn each_role_gets_in_as_itself() {
    let database = TestDatabase::create().await;
    for role in [Role::Owner, Role::Http, Role::Queue] {
        let client = database.connect(role).await.unwrap();
        let row = client.query_one("select current_user::text", &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), role.name());
    }
}

#[tokio::test]
async fn many_at_once_all_differ_and_all_vanish() {
    let databases = futures::future::join_all((0..20).map(|_| TestDatabase::create())).await;
    let names: BTreeSet<String> = databases.iter().map(|d| d.name().to_owned()).collect();
    assert_eq!(names.len(), 20);
    let open = databases[0].connect(Role::Queue).await.unwrap();
    drop(databases);
    let client = connect(&Cluster::shared().server().url("postgres", "postgres")).await.unwrap();
    let names: Vec<String> = names.into_iter().collect();
    wait::until_async("the databases to vanish", 30, || async {
        let sql = "select count(*) from pg_database where datname = any($1)";
        let left: i64 = client.query_one(sql, &[&names]).await.unwrap().get(0);
        (left == 0).then_some(())
    })
    .await;
    open.query_one("select 1", &[]).await.unwrap_err();
}

#[tokio::test]
async fn a_cluster_of_its_own_may_be_killed() {
    let cluster = Cluster::start().unwrap();
    let database = cluster.create().await.unwrap();
    let client = database.connect(Role::Owner).await.unwrap();
    client.batch_execute("create table mark as select 1").await.unwrap();
    cluster.server().kill().unwrap();
    database.connect(Role::Owner).await.unwrap_err();
    cluster.server().restart().unwrap();
    assert_eq!(count(&database, "select count(*) from mark").await, 1);
    let another = cluster.create().await.unwrap();
    assert_eq!(count(&another, "select count(*) from pg_tables where tablename = 'mark'").await, 0);
}
