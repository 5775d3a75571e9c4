//! Alerts: listed, and taken on once.

use mauntic_domain::scoring::Priority;
use mauntic_flows::ports::{
    Acknowledged, AlertFate, AlertFilter, AlertView, Page, PortError, Repeat, RequestKey,
    SignalStore,
};
use uuid::Uuid;

use super::given_signals::alert;
use crate::subject::{Subject, World, contact, organization};

on_both! {
    alerts_are_listed_newest_first_in_pages
    alerts_are_found_by_what_they_are
    an_open_alert_is_taken_on_once
    an_alert_that_is_over_is_nobodys
    an_unknown_alert_is_not_taken_on
    a_key_of_another_request_takes_nothing_on
    the_same_request_is_answered_the_same
}

/// Five of `org_1`, the newest last, and one of `org_2`.
async fn some<S: Subject>(world: &mut World<S>) -> Vec<AlertView> {
    let now = world.subject.now();
    let mut alerts: Vec<AlertView> =
        ["A", "B", "C", "D", "E"].map(|name| alert(world.id(), name, now)).into_iter().collect();
    alerts[1].priority = Priority::High;
    alerts[2].contact_id = contact("bob");
    alerts[3].fate = AlertFate::Acknowledged { at: now, by: "user_1".to_owned() };
    alerts[4].fate = AlertFate::Expired { at: now };
    world.put_alerts(&alerts).await;
    let foreign = alert(world.id(), "A", now);
    world.subject.put_alerts(&organization("org_2"), &[foreign]).await;
    alerts
}

fn ids(alerts: &[AlertView]) -> Vec<Uuid> {
    alerts.iter().map(|alert| alert.id).collect()
}

async fn listed<S: Subject>(world: &World<S>, filter: &AlertFilter) -> Vec<AlertView> {
    let page = Page { before: None, limit: 100 };
    let found = world.http.alerts(&organization("org_1"), filter, page).await.unwrap();
    assert_eq!(found.next, None);
    found.items
}

async fn acknowledge<S: Subject>(
    world: &World<S>,
    id: Uuid,
    by: &str,
    key: Option<&RequestKey>,
) -> Result<Acknowledged, PortError> {
    world.http.acknowledge(&organization("org_1"), id, by, key).await
}

async fn alerts_are_listed_newest_first_in_pages<S: Subject>(mut world: World<S>) {
    let mut alerts = some(&mut world).await;
    alerts.reverse();
    let filter = AlertFilter::default();
    assert_eq!(listed(&world, &filter).await, alerts);
    let (mut page, mut seen) = (Page { before: None, limit: 2 }, Vec::new());
    loop {
        let part = world.http.alerts(&organization("org_1"), &filter, page).await.unwrap();
        assert!(part.items.len() <= 2);
        seen.extend(part.items);
        let Some(next) = part.next else { break };
        page.before = Some(next);
    }
    assert_eq!(seen, alerts);
    // A page that ends with the last one has no next.
    let whole = Page { before: None, limit: 5 };
    let found = world.http.alerts(&organization("org_1"), &filter, whole).await.unwrap();
    assert_eq!((found.items.len(), found.next), (5, None));
}

async fn alerts_are_found_by_what_they_are<S: Subject>(mut world: World<S>) {
    let alerts = some(&mut world).await;
    let of = |statuses: &[&'static str], priorities: &[Priority], name: Option<&str>| AlertFilter {
        statuses: statuses.to_vec(),
        priorities: priorities.to_vec(),
        contact_id: name.map(contact),
    };
    for (filter, expected) in [
        (of(&["open"], &[], None), vec![2, 1, 0]),
        (of(&["acknowledged"], &[], None), vec![3]),
        (of(&["expired", "acknowledged"], &[], None), vec![4, 3]),
        (of(&[], &[Priority::High], None), vec![1]),
        (of(&["open"], &[Priority::Critical], None), vec![2, 0]),
        (of(&[], &[], Some("bob")), vec![2]),
        (of(&["expired"], &[], Some("bob")), vec![]),
        (of(&[], &[Priority::Low], None), vec![]),
    ] {
        let expected: Vec<Uuid> = expected.into_iter().map(|n: usize| alerts[n].id).collect();
        assert_eq!(ids(&listed(&world, &filter).await), expected, "{filter:?}");
    }
}

async fn an_open_alert_is_taken_on_once<S: Subject>(mut world: World<S>) {
    let alerts = some(&mut world).await;
    let at = world.subject.now();
    let fate = AlertFate::Acknowledged { at, by: "user_1".to_owned() };
    let expected = AlertView { fate, ..alerts[0].clone() };
    let theirs = Acknowledged::Theirs(expected.clone());
    assert_eq!(acknowledge(&world, alerts[0].id, "user_1", None).await.unwrap(), theirs);
    world.advance(10).await;
    let before = world.dump().await;
    assert_eq!(acknowledge(&world, alerts[0].id, "user_1", None).await.unwrap(), theirs);
    let taken = Acknowledged::Taken { by: "user_1".to_owned(), at };
    assert_eq!(acknowledge(&world, alerts[0].id, "user_2", None).await.unwrap(), taken);
    assert_eq!(world.dump().await, before);
    let mine = AlertFilter { statuses: vec!["acknowledged"], ..AlertFilter::default() };
    assert_eq!(listed(&world, &mine).await[1], expected);
}

async fn an_alert_that_is_over_is_nobodys<S: Subject>(mut world: World<S>) {
    let alerts = some(&mut world).await;
    let at = world.subject.now();
    let before = world.dump().await;
    let expired = acknowledge(&world, alerts[4].id, "user_1", None).await.unwrap();
    assert_eq!(expired, Acknowledged::Expired { at });
    assert_eq!(world.dump().await, before);
}

async fn an_unknown_alert_is_not_taken_on<S: Subject>(mut world: World<S>) {
    let foreign = alert(world.id(), "A", world.subject.now());
    world.subject.put_alerts(&organization("org_2"), std::slice::from_ref(&foreign)).await;
    let before = world.dump().await;
    for id in [foreign.id, Uuid::max()] {
        let found = acknowledge(&world, id, "user_1", None).await.unwrap();
        assert_eq!(found, Acknowledged::Unknown);
    }
    assert_eq!(world.dump().await, before);
}

fn key(fingerprint: u8) -> RequestKey {
    RequestKey {
        holder: "key:1".to_owned(),
        key: "ack-1".to_owned(),
        fingerprint: [fingerprint; 32],
        repeat: Repeat::default(),
    }
}

async fn a_key_of_another_request_takes_nothing_on<S: Subject>(mut world: World<S>) {
    let alerts = some(&mut world).await;
    acknowledge(&world, alerts[0].id, "user_1", Some(&key(1))).await.unwrap();
    let before = world.dump().await;
    let refused = acknowledge(&world, alerts[1].id, "user_1", Some(&key(2))).await;
    assert_eq!(refused, Err(PortError::KeyConflict));
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}

async fn the_same_request_is_answered_the_same<S: Subject>(mut world: World<S>) {
    let alerts = some(&mut world).await;
    // What is refused spends no key.
    let over = acknowledge(&world, alerts[4].id, "user_1", Some(&key(1))).await.unwrap();
    assert!(matches!(over, Acknowledged::Expired { .. }));
    let first = acknowledge(&world, alerts[0].id, "user_1", Some(&key(2))).await.unwrap();
    world.advance(10).await;
    let before = world.dump().await;
    let repeat = key(2);
    let again = acknowledge(&world, alerts[0].id, "user_1", Some(&repeat)).await.unwrap();
    assert_eq!((again, repeat.repeat.is_told()), (first, true));
    assert_eq!(world.dump().await, before);
}
