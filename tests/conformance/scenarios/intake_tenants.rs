//! Contact events of one organization and of many: room, sending, and whose rows
//! are whose.

use mauntic_domain::jobs::JobType;
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, UNFINISHED_MAX};
use mauntic_domain::scoring::SignalConfigEntry;
use mauntic_flows::ports::{EventFate, EventStore, Intake, PortError, RelayStore};
use serde_json::{Value, json};

use super::given::raw;
use super::intake::{entry, event, visit, with};
use crate::subject::{RawJob, Subject, World, organization};

on_both! {
    a_full_backlog_takes_nothing_in
    events_that_make_no_signal_need_no_room
    notifications_take_nobodys_room
    what_is_out_decides_what_is_sent_now
    the_queue_worker_leaves_the_sending_to_the_relay
    events_of_an_unknown_organization_are_told_apart
    another_organizations_rows_are_not_touched
    an_event_of_another_organization_is_refused
}

/// Unfinished jobs of `org_1`.
async fn fill<S: Subject>(world: &mut World<S>, jobs: i64) {
    let raws: Vec<RawJob> = (0..jobs).map(|_| raw(world.id())).collect();
    world.subject.put_jobs(&raws).await;
}

async fn a_full_backlog_takes_nothing_in<S: Subject>(mut world: World<S>) {
    fill(&mut world, UNFINISHED_MAX - 1).await;
    let before = world.dump().await;
    let of_bob = event("b", "content.PageVisited", json!({"contactId": "bob", "url": "/demo"}));
    let sent = event("c", "delivery.MessageSent", json!({"contactId": "cy"}));
    let intake = world.intake(&[visit("a", "/blog"), of_bob, sent]);
    let refused = world.http.take_in(Some(&organization("org_1")), &intake).await;
    assert_eq!(refused, Err(PortError::Backlog { unfinished_max: UNFINISHED_MAX }));
    world.reopen().await;
    assert!(world.dump().await == before, "a refused intake wrote something");
    let taken = world.take_in(&[visit("a", "/blog"), visit("d", "/blog")]).await;
    assert_eq!(taken.taken(), 2, "one contact has room");
    // The queue worker's events wait in no other place.
    world.subject.put_organization(&organization("org_1")).await;
    let taken = world.queue.take_in(None, &intake).await.unwrap();
    assert_eq!((taken.taken(), taken.repeated()), (2, 1));
}

async fn notifications_take_nobodys_room<S: Subject>(mut world: World<S>) {
    let type_name = JobType::NotifyAlert.name();
    let raws: Vec<RawJob> =
        (0..UNFINISHED_MAX).map(|_| RawJob { type_name, ..raw(world.id()) }).collect();
    world.subject.put_jobs(&raws).await;
    let taken = world.take_in(&[visit("a", "/blog")]).await;
    assert_eq!((taken.taken(), taken.jobs[0].send_now), (1, true));
}

async fn events_that_make_no_signal_need_no_room<S: Subject>(mut world: World<S>) {
    fill(&mut world, UNFINISHED_MAX).await;
    let sent = event("c", "delivery.MessageSent", json!({"contactId": "cy"}));
    assert_eq!(world.take_in(&[sent]).await.taken(), 1);
}

async fn what_is_out_decides_what_is_sent_now<S: Subject>(mut world: World<S>) {
    fill(&mut world, DISPATCHED_MAX - 1).await;
    let taken = world.take_in(&[visit("a", "/demo")]).await;
    let sent: Vec<bool> = taken.jobs.iter().map(|job| job.send_now).collect();
    assert_eq!(sent, [true, false], "the scoring, not the notification");
}

async fn the_queue_worker_leaves_the_sending_to_the_relay<S: Subject>(mut world: World<S>) {
    for owner in ["org_1", "org_2"] {
        world.subject.put_organization(&organization(owner)).await;
    }
    let of_other = with(visit("a", "/demo"), json!({"organizationId": "org_2"}));
    let intake = world.intake(&[visit("a", "/demo"), of_other]);
    let taken = world.queue.take_in(None, &intake).await.unwrap();
    assert_eq!((taken.taken(), taken.signals, taken.alerts), (2, 2, 2));
    assert!(taken.jobs.iter().all(|job| job.created && !job.send_now));
    let wake = world.column("jobs", "wake_at").await;
    assert_eq!(wake, vec![json!("+0s"); 4]);
    let due = world.queue.take_due(10).await.unwrap();
    assert_eq!(due.len(), 4);
}

async fn events_of_an_unknown_organization_are_told_apart<S: Subject>(mut world: World<S>) {
    world.subject.put_organization(&organization("org_1")).await;
    let unknown = with(visit("a", "/demo"), json!({"organizationId": "org_2"}));
    let intake = world.intake(&[visit("a", "/blog"), unknown, visit("b", "/blog")]);
    let taken = world.queue.take_in(None, &intake).await.unwrap();
    let (taken_in, unknown) = (EventFate::Taken, EventFate::UnknownOrganization);
    assert_eq!(taken.fates, [taken_in, taken_in, unknown]);
    assert_eq!((taken.signals, taken.alerts), (2, 0));
    for table in ["seen", "activity", "signals", "jobs"] {
        let owners = world.column(table, "organization_id").await;
        assert!(owners.iter().all(|owner| owner == "org_1"), "{table}");
    }
    // Once it is known, it is taken in.
    world.subject.put_organization(&organization("org_2")).await;
    let again = Intake { batch: world.id(), ..intake };
    let taken = world.queue.take_in(None, &again).await.unwrap();
    let repeated = EventFate::Repeated;
    assert_eq!(taken.fates, [repeated, repeated, taken_in]);
}

async fn another_organizations_rows_are_not_touched<S: Subject>(mut world: World<S>) {
    let (own, other) = (organization("org_1"), organization("org_2"));
    let off = SignalConfigEntry { enabled: false, ..entry("DEMO_REQUEST") };
    world.subject.put_signal_config(&own, vec![off]).await;
    let of_other = with(visit("a", "/demo"), json!({"organizationId": "org_2"}));
    let intake = world.intake(&[of_other]);
    let taken = world.http.take_in(Some(&other), &intake).await.unwrap();
    assert_eq!((taken.taken(), taken.alerts), (1, 1));
    let theirs = |dump: &Value| {
        let tables = ["seen", "activity", "signals", "alerts", "jobs"];
        let rows = |table: &str| dump[table].as_array().unwrap().clone();
        let of_other = |row: &Value| row["organization_id"] == "org_2";
        tables.map(|table| rows(table).into_iter().filter(of_other).collect::<Vec<_>>())
    };
    let before = theirs(&world.dump().await);
    // The same ids, contacts and types, of another organization.
    let taken = world.take_in(&[visit("a", "/demo"), visit("b", "/pricing")]).await;
    assert_eq!((taken.taken(), taken.signals, taken.alerts), (2, 1, 1));
    assert_eq!(theirs(&world.dump().await), before);
}

async fn an_event_of_another_organization_is_refused<S: Subject>(mut world: World<S>) {
    let before = world.dump().await;
    let of_other = with(visit("a", "/demo"), json!({"organizationId": "org_2"}));
    let intake = world.intake(&[of_other, visit("b", "/blog")]);
    let refused = world.http.take_in(Some(&organization("org_1")), &intake).await;
    assert!(matches!(refused, Err(PortError::Refused { .. })), "{refused:?}");
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}
