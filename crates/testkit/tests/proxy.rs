//! The proxy counts what the client waits for.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use futures::future::{join, join3};
use mauntic_testkit::database::{Cluster, Role, TestDatabase, connect};
use mauntic_testkit::proxy::RoundTripProxy;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

/// A database, a proxy before its server, and a connection through it.
async fn through_a_proxy() -> (TestDatabase, RoundTripProxy, Client) {
    let database = TestDatabase::create().await;
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let client = connect(&proxy.url(&database.url(Role::Owner))).await.unwrap();
    assert_eq!(proxy.count(), 0, "connecting does not count");
    (database, proxy, client)
}

async fn double(client: &Client, n: i32) -> i32 {
    let rows = client.query_typed("select $1 * 2", &[(&n, Type::INT4)]).await.unwrap();
    rows[0].get(0)
}

#[tokio::test]
async fn pipelined_statements_are_one_flight_and_sequential_ones_are_one_each() {
    let (_database, proxy, client) = through_a_proxy().await;
    assert_eq!(double(&client, 1).await, 2);
    assert_eq!(proxy.count(), 1);
    proxy.reset();
    let doubled = join3(double(&client, 1), double(&client, 2), double(&client, 3)).await;
    assert_eq!((doubled, proxy.count()), ((2, 4, 6), 1));
    assert_eq!(double(&client, 4).await + double(&client, 5).await, 18);
    assert_eq!(proxy.count(), 3);
}

#[tokio::test]
async fn begin_and_commit_count_unless_they_ride_along() {
    let (_database, proxy, client) = through_a_proxy().await;
    client.batch_execute("begin").await.unwrap();
    double(&client, 1).await;
    client.batch_execute("commit").await.unwrap();
    assert_eq!(proxy.count(), 3);
    proxy.reset();
    let begun = join(client.batch_execute("begin"), double(&client, 1));
    let (begun, ended) = join(begun, client.batch_execute("commit")).await;
    begun.0.unwrap();
    ended.unwrap();
    assert_eq!(proxy.count(), 1);
}

#[tokio::test]
async fn a_flight_too_large_for_one_write_is_still_one() {
    let (_database, proxy, client) = through_a_proxy().await;
    let large = vec![7_u8; 3_000_000];
    let length = || async {
        let rows = client.query_typed("select length($1)", &[(&large, Type::BYTEA)]).await;
        rows.unwrap()[0].get::<_, i32>(0)
    };
    for _ in 0..10 {
        proxy.reset();
        let lengths = join3(length(), length(), double(&client, 1)).await;
        assert_eq!((lengths, proxy.count()), ((3_000_000, 3_000_000, 2), 1));
    }
}

#[tokio::test]
async fn flights_of_several_connections_add_up_and_leaving_is_none() {
    let (database, proxy, client) = through_a_proxy().await;
    let other = connect(&proxy.url(&database.url(Role::Queue))).await.unwrap();
    join(double(&client, 1), double(&other, 2)).await;
    assert_eq!(proxy.count(), 2);
    assert_eq!(proxy.connections(), 2);
    drop(other);
    mauntic_testkit::wait::until_async("the other connection's end", 30, || async {
        (proxy.connections() == 1).then_some(())
    })
    .await;
    assert_eq!(proxy.count(), 2);
}

#[tokio::test]
async fn a_failed_statement_is_a_flight_too() {
    let (_database, proxy, client) = through_a_proxy().await;
    client.query_typed("select 1/0", &[]).await.unwrap_err();
    assert_eq!(double(&client, 1).await, 2);
    assert_eq!(proxy.count(), 2);
}

#[tokio::test]
async fn the_database_can_be_taken_away_and_brought_back() {
    let (database, proxy, client) = through_a_proxy().await;
    let url = proxy.url(&database.url(Role::Owner));
    proxy.drop_connections();
    client.batch_execute("select 1").await.unwrap_err();
    let client = connect(&url).await.unwrap();

    proxy.go_away();
    client.batch_execute("select 1").await.unwrap_err();
    connect(&url).await.unwrap_err();
    proxy.resume();
    let client = connect(&url).await.unwrap();

    proxy.pause();
    let mut held = pin!(double(&client, 21));
    // Sent, but not answered: the count says it has reached the proxy.
    poll_fn(|context| {
        assert!(held.as_mut().poll(context).is_pending());
        if proxy.count() > 0 {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    proxy.resume();
    assert_eq!(held.await, 42);
}
