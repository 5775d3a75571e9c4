//! The sweeps of scoring: what they find, and what their effect does to it.

use chrono::TimeDelta;
use mauntic_flows::ports::{
    Acknowledged, AlertFate, AlertView, Committed, Effect, EffectStore, JobKey, SignalKey,
    SignalStore, SignalView,
};
use serde_json::json;
use uuid::Uuid;

use super::given::effect;
use super::given_signals::{alert, event, signal};
use crate::dump::none;
use crate::subject::{Subject, World, contact, organization};

on_both! {
    the_longest_overdue_are_found_first
    an_alert_is_overdue_from_its_time_on
    overdue_alerts_expire_and_are_told
    an_alert_that_was_taken_on_meanwhile_stays_theirs
    a_sweep_without_its_claim_expires_nothing
    signals_that_decayed_first_are_found_first
    a_signal_has_decayed_from_its_time_on
    decayed_signals_are_archived_once
    a_sweep_without_its_claim_archives_nothing
}

async fn overdue<S: Subject>(world: &World<S>, limit: u32) -> Vec<Uuid> {
    world.queue.overdue_alerts(world.subject.now(), limit).await.unwrap()
}

async fn decayed<S: Subject>(world: &World<S>, limit: u32) -> Vec<SignalKey> {
    world.queue.decayed_signals(world.subject.now(), limit).await.unwrap()
}

fn key(owner: &str, name: &str, of: &str) -> SignalKey {
    (organization(owner), contact(name), event(of))
}

async fn the_longest_overdue_are_found_first<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    // The later their id, the longer they are overdue.
    let alerts: Vec<AlertView> = (1..=4)
        .map(|hours| alert(world.id(), &format!("T{hours}"), now - TimeDelta::hours(hours + 1)))
        .collect();
    world.put_alerts(&alerts[..3]).await;
    world.subject.put_alerts(&organization("org_2"), &alerts[3..]).await;
    let ids: Vec<Uuid> = alerts.iter().map(|alert| alert.id).collect();
    assert_eq!(overdue(&world, 2).await, ids[2..], "of every organization, sorted");
    assert_eq!(overdue(&world, 4).await, ids);
    assert_eq!(overdue(&world, 100).await, ids);
    assert!(overdue(&world, 0).await.is_empty());
}

async fn an_alert_is_overdue_from_its_time_on<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let open = alert(world.id(), "A", now);
    let over = |world: &mut World<S>, name, fate| AlertView {
        fate,
        ..alert(world.id(), name, now - TimeDelta::hours(2))
    };
    let theirs = AlertFate::Acknowledged { at: now, by: "user_1".to_owned() };
    let (theirs, expired) =
        (over(&mut world, "B", theirs), over(&mut world, "C", AlertFate::Expired { at: now }));
    world.put_alerts(&[open.clone(), theirs, expired]).await;
    assert!(overdue(&world, 9).await.is_empty());
    world.subject.advance(TimeDelta::hours(1) - TimeDelta::microseconds(1)).await;
    assert!(overdue(&world, 9).await.is_empty());
    world.subject.advance(TimeDelta::microseconds(1)).await;
    assert_eq!(overdue(&world, 9).await, [open.id]);
}

async fn overdue_alerts_expire_and_are_told<S: Subject>(mut world: World<S>) {
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let before = world.hours(-2);
    let alerts = ["A", "B"].map(|name| alert(world.id(), name, before));
    world.put_alerts(&alerts).await;
    let expired_alerts = overdue(&world, 9).await;
    world.advance(10).await;
    let whole = effect(world.subject.now(), &[&held]);
    let done = world.queue.commit(&Effect { expired_alerts, ..whole }).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.column("alerts", "status").await, ["expired", "expired"]);
    assert_eq!(world.column("alerts", "expired_at").await, ["+0s", "+0s"]);
    assert_eq!(world.column("alerts", "acknowledged_at").await, [none(), none()]);
    let told = world.column("events", "data").await;
    let of = |alert: &AlertView| {
        json!({"alertId": alert.id, "contactId": "ada", "signalType": alert.signal_type,
            "priority": "critical"})
    };
    assert_eq!(told, [of(&alerts[0]), of(&alerts[1])]);
    assert_eq!(world.column("events", "type").await, ["scoring.AlertExpired"; 2]);
    assert_eq!(world.column("events", "organization_id").await, ["org_1"; 2]);
    assert_eq!(world.column("events", "request_id").await, ["request-1"; 2]);
    assert!(overdue(&world, 9).await.is_empty());
}

async fn an_alert_that_was_taken_on_meanwhile_stays_theirs<S: Subject>(mut world: World<S>) {
    let before = world.hours(-2);
    let alerts = ["A", "B"].map(|name| alert(world.id(), name, before));
    world.put_alerts(&alerts).await;
    let expired_alerts = overdue(&world, 9).await;
    let owner = organization("org_1");
    let taken = world.http.acknowledge(&owner, alerts[0].id, "user_1", None).await.unwrap();
    assert!(matches!(taken, Acknowledged::Theirs(_)));
    let whole = effect(world.subject.now(), &[]);
    world.queue.commit(&Effect { expired_alerts, ..whole }).await.unwrap();
    assert_eq!(world.column("alerts", "status").await, ["acknowledged", "expired"]);
    let told = world.column("events", "data").await;
    let told: Vec<_> = told.iter().map(|data| &data["alertId"]).collect();
    assert_eq!(told, [&json!(alerts[1].id)]);
}

async fn a_sweep_without_its_claim_expires_nothing<S: Subject>(mut world: World<S>) {
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let old = alert(world.id(), "A", world.hours(-2));
    world.put_alerts(&[old]).await;
    world.complete(&[&held]).await;
    let before = world.dump().await;
    let expired_alerts = overdue(&world, 9).await;
    let whole = effect(world.subject.now(), &[&held]);
    let done = world.queue.commit(&Effect { expired_alerts, ..whole }).await.unwrap();
    assert_eq!(done, Committed::FenceLost);
    assert_eq!(world.dump().await, before);
}

async fn signals_that_decayed_first_are_found_first<S: Subject>(world: World<S>) {
    world.put_signals("bob", &[signal("b", world.hours(-30))]).await;
    let of_ada = [signal("z", world.hours(-20)), signal("a", world.hours(-10))];
    world.put_signals("ada", &of_ada).await;
    let foreign = [signal("c", world.hours(-40))];
    world.subject.put_signals(&organization("org_2"), &contact("ada"), &foreign).await;
    let all = [
        key("org_1", "ada", "a"),
        key("org_1", "ada", "z"),
        key("org_1", "bob", "b"),
        key("org_2", "ada", "c"),
    ];
    assert_eq!(decayed(&world, 2).await, all[2..], "of every organization, sorted");
    assert_eq!(decayed(&world, 3).await, all[1..]);
    assert_eq!(decayed(&world, 100).await, all);
    assert!(decayed(&world, 0).await.is_empty());
}

async fn a_signal_has_decayed_from_its_time_on<S: Subject>(world: World<S>) {
    let young = signal("young", world.subject.now());
    let archived = Some(world.subject.now());
    let gone = SignalView { archived_at: archived, ..signal("gone", world.hours(-20)) };
    world.put_signals("ada", &[young, gone]).await;
    assert!(decayed(&world, 9).await.is_empty());
    world.subject.advance(TimeDelta::hours(10) - TimeDelta::microseconds(1)).await;
    assert!(decayed(&world, 9).await.is_empty());
    world.subject.advance(TimeDelta::microseconds(1)).await;
    assert_eq!(decayed(&world, 9).await, [key("org_1", "ada", "young")]);
}

async fn decayed_signals_are_archived_once<S: Subject>(mut world: World<S>) {
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let uncounted = SignalView { counted: false, ..signal("b", world.hours(-20)) };
    let signals = [signal("a", world.hours(-20)), uncounted, signal("c", world.hours(-1))];
    world.put_signals("ada", &signals).await;
    let mut archived_signals = decayed(&world, 9).await;
    assert_eq!(archived_signals.len(), 2);
    // What retention took meanwhile is no matter.
    archived_signals.push(key("org_1", "bob", "gone"));
    let whole = effect(world.subject.now(), &[&held]);
    let archived = Effect { archived_signals, ..whole };
    let done = world.queue.commit(&archived).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.column("signals", "archived_at").await, [json!("+0s"), json!("+0s"), none()]);
    assert!(decayed(&world, 9).await.is_empty());
    world.advance(10).await;
    let again = Effect { jobs: vec![], ..archived };
    world.queue.commit(&again).await.unwrap();
    let stands = [json!("-10s"), json!("-10s"), none()];
    assert_eq!(world.column("signals", "archived_at").await, stands);
    assert!(world.column("events", "type").await.is_empty());
}

async fn a_sweep_without_its_claim_archives_nothing<S: Subject>(mut world: World<S>) {
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    world.put_signals("ada", &[signal("a", world.hours(-20))]).await;
    world.complete(&[&held]).await;
    let before = world.dump().await;
    let archived_signals = decayed(&world, 9).await;
    let whole = effect(world.subject.now(), &[&held]);
    let done = world.queue.commit(&Effect { archived_signals, ..whole }).await.unwrap();
    assert_eq!(done, Committed::FenceLost);
    assert_eq!(world.dump().await, before);
}
