//! Breakers and the notification ledger: of many one wins.

use futures::future::join_all;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::notifications::{Reservation, Window};
use mauntic_flows::ports::{Dependency, GuardStore};
use mauntic_tests::world::World;
use uuid::Uuid;

use super::{Session, clock, sessions};

#[tokio::test]
async fn a_breaker_is_stored_for_whoever_read_it_last() {
    let world = World::new().await;
    let sessions = sessions(&world, 10).await;
    let session = &sessions[0];
    let webhook = Dependency::AlertWebhook;
    let (breaker, version, _) = session.breaker(webhook).await.unwrap();
    assert_eq!((breaker, version), (Breaker::Healthy, 0));
    let now = clock(&world).await;
    let states = [
        Breaker::Failing { failures: 3 },
        Breaker::Open { until: now },
        Breaker::HalfOpen { successes: 0, probe_until: Some(now) },
        Breaker::HalfOpen { successes: 2, probe_until: None },
        Breaker::Healthy,
    ];
    for (before, state) in (0..).zip(states) {
        let stored = sessions.iter().map(|one| one.put_breaker(webhook, before, state));
        let stored: Vec<bool> = join_all(stored).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(stored.iter().filter(|won| **won).count(), 1, "{state:?}");
        let (seen, version, _) = session.breaker(webhook).await.unwrap();
        assert_eq!((seen, version), (state, before + 1));
    }
}

const WINDOW: Window = Window::DEFAULT;

async fn record(session: &Session, token: Uuid, fresh: Uuid) -> Reservation {
    session.try_record("alert_1", "webhook", WINDOW, token, fresh).await.unwrap()
}

#[tokio::test]
async fn of_many_who_would_notify_one_may() {
    let world = World::new().await;
    let sessions = sessions(&world, 50).await;
    let asked: Vec<Uuid> = sessions.iter().map(|_| Uuid::new_v4()).collect();
    let answers = sessions.iter().zip(&asked);
    let answers = join_all(answers.map(|(one, id)| record(one, *id, *id))).await;
    let reserved: Vec<(usize, Uuid)> = answers
        .iter()
        .enumerate()
        .filter_map(|(n, answer)| match answer {
            Reservation::Reserved { id } => Some((n, *id)),
            _ => None,
        })
        .collect();
    assert_eq!(reserved.len(), 1);
    assert_eq!(answers.iter().filter(|a| matches!(a, Reservation::Held { .. })).count(), 49);
    let (winner, id) = reserved[0];
    assert_eq!(id, asked[winner], "the winner's own id");

    // The same sender again; then another, once the first is taken for dead.
    let session = &sessions[0];
    let same = record(session, asked[winner], Uuid::new_v4()).await;
    assert_eq!(same, Reservation::Reserved { id });
    world.rows("update jobs.notification set lease_until = clock_timestamp()").await;
    let heir = Uuid::new_v4();
    assert_eq!(record(session, heir, heir).await, Reservation::Reserved { id });
    let late = record(session, asked[winner], Uuid::new_v4()).await;
    assert!(matches!(late, Reservation::Held { .. }), "{late:?}");

    // Sent is sent, until the window is over.
    world.rows("update jobs.notification set state = 'sent', sent_at = clock_timestamp(), lease_until = null").await;
    assert_eq!(record(session, heir, heir).await, Reservation::Sent);
    world.rows("update jobs.notification set expires_at = clock_timestamp()").await;
    let next = Uuid::new_v4();
    assert_eq!(record(session, next, next).await, Reservation::Reserved { id: next });
    let sql = "select sent_at is null, expires_at > clock_timestamp() + interval '23 h'
      from jobs.notification";
    let row = &world.rows(sql).await[0];
    assert_eq!((row.get::<_, bool>(0), row.get::<_, bool>(1)), (true, true));
}
