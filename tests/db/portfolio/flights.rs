//! Round trips of a chunk, counted on the wire, and what it leaves in the tables.

use mauntic_domain::overnight::CHUNK_USERS;
use mauntic_flows::ports::{Committed, Effect, EffectStore, NightWrite};
use mauntic_testkit::database::{Cluster, Role};
use mauntic_testkit::proxy::RoundTripProxy;
use mauntic_tests::say::say;
use mauntic_tests::world::World;

use super::given::{held, night, scoring, session, write as write_night};

/// Most bytes of tables and indexes that a night leaves of a user with 20 assets and 10
/// criteria, see docs/overnight.md.
const USER_BYTES_MAX: i64 = 20 * 1_024;

#[tokio::test(flavor = "current_thread")]
async fn a_chunk_of_fifty_is_one_flight_of_reads_and_one_of_writes() {
    let world = World::new().await;
    let users = i64::from(CHUNK_USERS);
    night(&world, i32::try_from(users).unwrap()).await;
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let session = session(&proxy.url(&world.database.url(Role::Queue))).await;
    let effect = held(&world, &session).await;
    proxy.reset();
    let chunk = scoring(&session, 0).await;
    assert_eq!((proxy.count(), chunk.users.len()), (1, 50));
    let body = |kind: usize| chunk.users[0].events[kind].body.len();
    say(format_args!("a user's inputs are {} bytes, its scores {}", body(1), body(2)));
    let effect = Effect { nights: vec![NightWrite::Chunk(chunk)], ..effect };
    let committed = session.commit(&effect).await.unwrap();
    assert!(matches!(committed, Committed::Done { .. }));
    assert_eq!(proxy.count(), 2);
    for (table, rows) in [
        ("overnight_users where fate = 'scored'", users),
        ("calculation_events", users * 4),
        ("asset_scores", users * 20),
        ("score_history", users * 20),
        ("overnight_job_runs where chunks_done = 1", 1),
    ] {
        let found = world.count(&format!("select count(*) from portfolio.{table}")).await;
        assert_eq!(found, rows, "{table}");
    }
}

#[tokio::test]
async fn what_a_user_costs_a_night_is_bounded() {
    const USERS: i32 = 2_000;
    let world = World::new().await;
    night(&world, USERS).await;
    let session = session(&world.database.url(Role::Queue)).await;
    for chunk in 0..USERS / 50 {
        let write = NightWrite::Chunk(scoring(&session, chunk).await);
        write_night(&world, &session, write).await;
    }
    let mut all = 0;
    for table in ["overnight_users", "calculation_events", "score_history", "asset_scores"] {
        let sql = format!("select pg_total_relation_size('portfolio.{table}')");
        let bytes = world.count(&sql).await / i64::from(USERS);
        say(format_args!("portfolio.{table}: {bytes} bytes a user"));
        all += bytes;
    }
    assert!(all <= USER_BYTES_MAX, "{all} bytes a user");
    let sql = "select pg_total_relation_size('portfolio.criteria') / count(*)
      from portfolio.criteria";
    say(format_args!("portfolio.criteria: {} bytes a version", world.count(sql).await));
}
