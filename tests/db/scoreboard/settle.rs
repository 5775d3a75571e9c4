//! Settlements end to end: what they cost in round trips, and what happens where
//! several want one tournament.

use mauntic_testkit::database::{Cluster, Role};
use mauntic_testkit::proxy::RoundTripProxy;
use mauntic_tests::ports::TestPorts;
use mauntic_tests::say::say;
use mauntic_tests::world::World;

use super::given::{TOURNAMENT, consume_jobs, differences, job, make_due, state, tournament};

/// Round trips that a settlement of any size may take after connecting.
const ROUND_TRIPS_MAX: u64 = 6;

#[tokio::test(flavor = "current_thread")]
async fn a_settlement_of_any_size_takes_at_most_six_round_trips() {
    let world = World::new().await;
    let matches = tournament(&world, 3_000, 1).await;
    let mut trips = Vec::new();
    for of in ["2:1 as it was", "a correction"] {
        let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
        let ports = TestPorts::new(&proxy.url(&world.database.url(Role::Queue)));
        let version = if of == "a correction" { correct(&world).await } else { 1 };
        let id = job(&world, matches[0], version).await;
        let report = consume_jobs(&ports, &[id]).await;
        assert_eq!((report.completed, report.error), (1, None));
        say(format_args!("round trips of a settlement of 3,000 guesses, {of}: {}", proxy.count()));
        trips.push(proxy.count());
        assert_eq!(differences(&world).await, [""; 0]);
    }
    assert!(trips.iter().all(|trips| (1..=ROUND_TRIPS_MAX).contains(trips)), "{trips:?}");
    assert_eq!(world.count("select count(*) from scoreboard.match_settlement_ledger").await, 2);
}

async fn correct(world: &World) -> i32 {
    let sql = "update scoreboard.matches set result = '{\"ft\":[0,1]}', result_version = 2
      where status = 'ended'";
    world.owner.execute(sql, &[]).await.unwrap();
    2
}

#[tokio::test]
async fn a_tournament_that_somebody_holds_costs_its_settlement_seconds_and_nothing_else() {
    let world = World::new().await;
    let matches = tournament(&world, 10, 1).await;
    let id = job(&world, matches[0], 1).await;
    let other = world.database.connect(Role::Queue).await.unwrap();
    other
        .batch_execute("begin; select from scoreboard.tournaments for no key update")
        .await
        .unwrap();
    let report = consume_jobs(&world.queue, &[id]).await;
    assert_eq!((report.snoozed, report.completed, report.error), (1, 0, None));
    let (found, failures, reason, wait) = state(&world, id).await;
    assert_eq!(
        (found.as_str(), failures, reason.as_deref()),
        ("queued", 0, Some("tournament_busy"))
    );
    assert!((0.0..=5.1).contains(&wait), "{wait} s");
    assert_eq!(world.count("select count(*) from scoreboard.match_settlement_ledger").await, 0);
    other.batch_execute("commit").await.unwrap();
    make_due(&world).await;
    assert_eq!(consume_jobs(&world.queue, &[id]).await.completed, 1);
    assert_eq!(differences(&world).await, [""; 0]);
}

#[tokio::test]
async fn what_is_refused_is_tried_again_and_leaves_an_entry_an_attempt() {
    let world = World::new().await;
    let matches = tournament(&world, 10, 1).await;
    let id = job(&world, matches[0], 1).await;
    let spoil = "delete from scoreboard.histograms";
    world.owner.execute(spoil, &[]).await.unwrap();
    for attempt in 1..=5 {
        let sql = "update jobs.job set available_at = now() where state = 'failed'";
        world.owner.execute(sql, &[]).await.unwrap();
        let report = consume_jobs(&world.queue, &[id]).await;
        assert_eq!(
            (report.failed, report.dead_lettered),
            if attempt < 5 { (1, 0) } else { (0, 1) }
        );
    }
    let sql = "select count(*) from scoreboard.match_settlement_ledger where status = 'failed'
      and detail like '%settlement_not_in_histogram%'";
    assert_eq!(world.count(sql).await, 5);
    assert_eq!(state(&world, id).await.0, "dead_lettered");
    assert_eq!(world.count("select count(*) from scoreboard.point_entries").await, 0);
}

/// Jobs of ten matches and two of one version each, done by four invocations at once
/// while members join: nothing is doubled, and nobody is left out.
#[tokio::test]
async fn settlements_of_one_tournament_at_once_all_count() {
    const MATCHES: i32 = 10;
    let world = World::new().await;
    let matches = tournament(&world, 200, MATCHES).await;
    let mut jobs = Vec::new();
    for of in matches.iter().chain(&matches) {
        jobs.push(job(&world, *of, 1).await);
    }
    let open = "select count(*) from jobs.job where finished_at is null";
    let mut rounds = 0;
    while world.count(open).await > 0 {
        make_due(&world).await;
        let reversed: Vec<_> = jobs.iter().rev().copied().collect();
        let (front, back) = jobs.split_at(jobs.len() / 2);
        let join = format!(
            "insert into scoreboard.members (organization_id, tournament_id, member_id)
             select organization_id, id, 'late-{rounds}' from scoreboard.tournaments"
        );
        let (first, second, third, fourth, joined) = tokio::join!(
            consume_jobs(&world.queue, front),
            consume_jobs(&world.queue, back),
            consume_jobs(&world.queue, &reversed),
            consume_jobs(&world.queue, &jobs),
            world.owner.execute(&join, &[]),
        );
        joined.unwrap();
        for report in [first, second, third, fourth] {
            assert_eq!((report.failed, report.dead_lettered), (0, 0), "{report:?}");
        }
        rounds += 1;
        assert!(rounds < 200, "they never end");
    }
    say(format_args!("rounds until 20 settlements of one tournament were done: {rounds}"));
    for (status, expected) in [("applied", MATCHES), ("skipped", MATCHES), ("failed", 0)] {
        let sql = format!(
            "select count(*) from scoreboard.match_settlement_ledger where status = '{status}'"
        );
        assert_eq!(world.count(&sql).await, i64::from(expected), "{status}");
    }
    assert_eq!(differences(&world).await, [""; 0]);
    let told = "select count(*) from jobs.event_outbox where type = 'scoreboard.MatchSettled'";
    assert_eq!(world.count(told).await, i64::from(MATCHES));
}

/// What of a job shows that there is nothing to settle.
#[tokio::test]
async fn what_cannot_be_settled_says_so() {
    let world = World::new().await;
    let matches = tournament(&world, 3, 2).await;
    let sql = "update scoreboard.matches set status = 'live', result = null, result_version = 0,
      ended_at = null where id = $1";
    world.owner.execute(sql, &[&matches[1]]).await.unwrap();
    let receipt = async |id| -> serde_json::Value {
        let sql = "select coalesce(j.receipt, to_jsonb(d.reason)) from jobs.job j
          left join jobs.dead_letter d on d.job_id = j.id where j.id = $1";
        world.owner.query_one(sql, &[&id]).await.unwrap().get(0)
    };
    correct(&world).await;
    for (of, version, expected) in [
        (matches[0], 3, serde_json::json!("match_behind")),
        (matches[0], 1, serde_json::json!({"settlement": "superseded", "resultVersion": 2})),
        (matches[0], 2, serde_json::json!({"settlement": "applied", "resultVersion": 2})),
        (matches[0], 2, serde_json::json!({"settlement": "skipped", "resultVersion": 2})),
        (uuid::Uuid::from_u128(9), 1, serde_json::json!("unknown_match")),
    ] {
        let id = job(&world, of, version).await;
        consume_jobs(&world.queue, &[id]).await;
        assert_eq!(receipt(id).await, expected);
    }
    let id = job(&world, matches[1], 1).await;
    consume_jobs(&world.queue, &[id]).await;
    assert_eq!(receipt(id).await, "match_not_ended");
    let close = "update scoreboard.tournaments set closed_at = now(), closed_digest = sha256(''),
      closed_seq = ledger_seq";
    world.owner.execute(close, &[]).await.unwrap();
    for (of, expected) in [(matches[0], "tournament_closed"), (matches[1], "match_not_ended")] {
        let id = job(&world, of, 2).await;
        consume_jobs(&world.queue, &[id]).await;
        assert_eq!(receipt(id).await, expected);
    }
}

/// A lock that is not the tournament's is waited for, and then is what it is everywhere.
#[tokio::test]
async fn a_match_that_somebody_holds_is_contention() {
    let world = World::new().await;
    let matches = tournament(&world, 10, 1).await;
    let patience = format!(
        "alter role mauntic_queue in database {} set lock_timeout = '50ms'",
        world.database.name()
    );
    world.owner.batch_execute(&patience).await.unwrap();
    let id = job(&world, matches[0], 1).await;
    let other = world.database.connect(Role::Queue).await.unwrap();
    other.batch_execute("begin; select from scoreboard.matches for no key update").await.unwrap();
    let report = consume_jobs(&world.queue, &[id]).await;
    assert_eq!((report.snoozed, report.completed), (1, 0));
    let (found, failures, reason, _) = state(&world, id).await;
    assert_eq!((found.as_str(), failures, reason.as_deref()), ("queued", 0, Some("contention")));
}

/// Whether a match has more guesses than a settlement takes is read before anything is
/// decided; guesses are counted only where there are as many members.
#[tokio::test]
async fn too_many_guesses_are_seen_before_the_settlement() {
    let world = World::new().await;
    let matches = tournament(&world, 10, 1).await;
    let sql = "delete from scoreboard.guesses where member_id > 'm0000007'";
    world.owner.execute(sql, &[]).await.unwrap();
    let client = world.database.connect(Role::Queue).await.unwrap();
    for (most, expected) in [(6_i64, true), (7, false), (9, false), (10, false), (11, false)] {
        let sql = include_str!("../../../crates/store/sql/read_settlement.sql");
        let row = client.query_one(sql, &[&"org_1", &TOURNAMENT, &matches[0], &most]).await;
        assert_eq!(row.unwrap().get::<_, bool>("is_too_large"), expected, "{most}");
    }
}
