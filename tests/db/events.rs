//! Contact events against the real PostgreSQL: races, locks, round trips, plans.

mod plans;
mod races;

use chrono::{DateTime, Utc};
use mauntic_flows::commands::report_events::{Reported, report_events};
use mauntic_flows::ports::{Database, Ports};
use mauntic_testkit::database::Cluster;
use mauntic_testkit::database::Role;
use mauntic_testkit::proxy::RoundTripProxy;
use mauntic_tests::ports::TestPorts;
use mauntic_tests::world::{World, organization};
use serde_json::{Value, json};

/// A visit of a contact.
fn visit(id: &str, contact: &str, url: &str, at: DateTime<Utc>) -> Value {
    json!({"id": id, "type": "content.PageVisited", "organizationId": "org_1",
        "occurredAt": at, "data": {"contactId": contact, "url": url}})
}

/// Reports events of `org_1` in a session of its own.
async fn report(ports: &TestPorts, events: &[Value]) -> Reported {
    let session = ports.db().open().await.unwrap();
    let owner = organization("org_1");
    let (reported, sent) = report_events(ports, &session, &owner, events, "r").await.unwrap();
    sent.unwrap();
    reported
}

#[tokio::test(flavor = "current_thread")]
async fn a_thousand_events_are_one_round_trip_and_their_sending_one() {
    let world = World::new().await;
    let now = Utc::now();
    let event = |n: usize| visit(&format!("e-{n}"), &format!("c-{}", n % 50), "/pricing", now);
    let events: Vec<Value> = (0..1_000).map(event).collect();
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let ports = TestPorts::new(&proxy.url(&world.database.url(Role::Http)));
    let reported = report(&ports, &events).await;
    assert_eq!((reported.accepted, reported.signals, reported.alerts), (1_000, 1_000, 50));
    assert_eq!(proxy.count(), 2);
}
