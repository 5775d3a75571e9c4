//! Breakers and the notification ledger.

use chrono::TimeDelta;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::notifications::{RESERVATION, Reservation, Window};
use mauntic_flows::ports::{Dependency, Effect, EffectStore, GuardStore, SentNotification};

use super::given::effect;
use crate::subject::{Subject, World};

on_both! {
    a_breaker_without_a_row_is_healthy
    a_breaker_is_stored_on_its_version
    every_state_of_a_breaker_is_read_as_it_was_stored
    a_notification_is_reserved_once
    the_same_sender_may_ask_again
    a_dead_senders_reservation_is_taken_over
    a_sent_notification_is_not_sent_again_in_its_window
    a_window_that_is_over_begins_anew
    kinds_and_subjects_are_apart
}

const WEBHOOK: Dependency = Dependency::AlertWebhook;

async fn a_breaker_without_a_row_is_healthy<S: Subject>(world: World<S>) {
    let read = world.queue.breaker(WEBHOOK).await.unwrap();
    assert_eq!(read, (Breaker::Healthy, 0, world.subject.now()));
}

async fn a_breaker_is_stored_on_its_version<S: Subject>(world: World<S>) {
    let failing = Breaker::Failing { failures: 3 };
    assert!(!world.queue.put_breaker(WEBHOOK, 4, failing).await.unwrap());
    assert!(world.queue.put_breaker(WEBHOOK, 0, failing).await.unwrap());
    assert!(!world.queue.put_breaker(WEBHOOK, 0, Breaker::Healthy).await.unwrap());
    assert!(!world.queue.put_breaker(WEBHOOK, 2, Breaker::Healthy).await.unwrap());
    let (breaker, version, _) = world.queue.breaker(WEBHOOK).await.unwrap();
    assert_eq!((breaker, version), (failing, 1));
    assert!(world.queue.put_breaker(WEBHOOK, 1, Breaker::Healthy).await.unwrap());
    let (breaker, version, _) = world.queue.breaker(WEBHOOK).await.unwrap();
    assert_eq!((breaker, version), (Breaker::Healthy, 2));
}

async fn every_state_of_a_breaker_is_read_as_it_was_stored<S: Subject>(world: World<S>) {
    let until = world.subject.now() + TimeDelta::seconds(120);
    let states = [
        Breaker::Failing { failures: 9 },
        Breaker::Open { until },
        Breaker::HalfOpen { successes: 0, probe_until: Some(until) },
        Breaker::HalfOpen { successes: 2, probe_until: None },
        Breaker::Healthy,
    ];
    for (version, state) in (0..).zip(states) {
        assert!(world.queue.put_breaker(WEBHOOK, version, state).await.unwrap());
        assert_eq!(world.queue.breaker(WEBHOOK).await.unwrap().0, state);
    }
}

async fn ask<S: Subject>(world: &World<S>, token: uuid::Uuid, fresh: uuid::Uuid) -> Reservation {
    world.queue.try_record("alert", "signal", Window::DEFAULT, token, fresh).await.unwrap()
}

async fn a_notification_is_reserved_once<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.id(), world.id());
    assert_eq!(ask(&world, first, first).await, Reservation::Reserved { id: first });
    let until = world.subject.now() + RESERVATION;
    assert_eq!(ask(&world, second, second).await, Reservation::Held { until });
    assert_eq!(world.column("notifications", "lease_until").await, ["+90s"]);
    assert_eq!(world.column("notifications", "expires_at").await, ["+86400s"]);
}

async fn the_same_sender_may_ask_again<S: Subject>(mut world: World<S>) {
    let (token, fresh, other) = (world.id(), world.id(), world.id());
    ask(&world, token, fresh).await;
    world.advance(30).await;
    assert_eq!(ask(&world, token, other).await, Reservation::Reserved { id: fresh });
    assert_eq!(world.column("notifications", "lease_until").await, ["+90s"]);
    assert_eq!(world.column("notifications", "expires_at").await, ["+86370s"]);
}

async fn a_dead_senders_reservation_is_taken_over<S: Subject>(mut world: World<S>) {
    let (first, second, fresh) = (world.id(), world.id(), world.id());
    ask(&world, first, first).await;
    world.advance(89).await;
    let until = world.subject.now() + TimeDelta::seconds(1);
    assert_eq!(ask(&world, second, fresh).await, Reservation::Held { until });
    world.advance(1).await;
    assert_eq!(ask(&world, second, fresh).await, Reservation::Reserved { id: first });
    let until = world.subject.now() + RESERVATION;
    assert_eq!(ask(&world, first, fresh).await, Reservation::Held { until });
}

async fn send<S: Subject>(world: &World<S>, token: uuid::Uuid) {
    let sent = SentNotification { subject: "alert".to_owned(), kind: "signal", token };
    let whole = effect(world.subject.now(), &[]);
    world.queue.commit(&Effect { notified: vec![sent], ..whole }).await.unwrap();
}

async fn a_sent_notification_is_not_sent_again_in_its_window<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.id(), world.id());
    ask(&world, first, first).await;
    send(&world, first).await;
    for token in [first, second] {
        assert_eq!(ask(&world, token, token).await, Reservation::Sent);
    }
    assert_eq!(world.column("notifications", "sent_at").await, ["+0s"]);
}

async fn a_window_that_is_over_begins_anew<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.id(), world.id());
    ask(&world, first, first).await;
    send(&world, first).await;
    world.subject.advance(Window::DEFAULT.length()).await;
    assert_eq!(ask(&world, second, second).await, Reservation::Reserved { id: second });
    assert_eq!(world.column("notifications", "state").await, ["reserved"]);
    assert_eq!(world.column("notifications", "expires_at").await, ["+86400s"]);
}

async fn kinds_and_subjects_are_apart<S: Subject>(mut world: World<S>) {
    for (subject, kind) in [("a", "signal"), ("a", "digest"), ("b", "signal")] {
        let id = world.id();
        let asked = world.queue.try_record(subject, kind, Window::DEFAULT, id, id).await.unwrap();
        assert_eq!(asked, Reservation::Reserved { id });
    }
}
