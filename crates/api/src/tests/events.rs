//! Contact events over HTTP: what is taken in, what is told of the rest.

use mauntic_domain::jobs::limits::UNFINISHED_MAX;
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::refusals::refused;
use super::world::{OTHER_KEY, WRITE_KEY, World};
use crate::faults::FAULTS_LISTED_MAX;

const EVENTS: &str = "/api/v1/events";

/// One sound event.
pub(crate) const VISIT: &str = r#"{"id":"e-1","type":"content.PageVisited",
    "occurredAt":"2027-01-15T07:59:00.000Z",
    "data":{"contactId":"contact_1","url":"https://example.com/pricing"}}"#;

fn post(body: impl Into<Vec<u8>>) -> Call {
    Call::new("POST", EVENTS).key(WRITE_KEY).json(body)
}

/// The sound event under another id, with other fields.
fn event(id: &str, fields: &Value) -> Value {
    let mut event: Value = serde_json::from_str(VISIT).unwrap();
    event["id"] = json!(id);
    for (name, value) in fields.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn visit(id: &str, data: &Value) -> Value {
    event(id, &json!({ "data": data }))
}

async fn report(world: &World, events: &[Value]) -> Answer {
    post(json!({ "events": events }).to_string()).send(world).await
}

#[tokio::test]
async fn an_event_becomes_a_signal_an_alert_and_their_jobs() {
    let world = World::new();
    let answer = post(VISIT).header("x-request-id", "my-id").send(&world).await;
    assert_eq!(answer.status, 202);
    let whole = json!({"accepted": 1, "repeated": 0, "signals": 1, "alerts": 1, "rejected": []});
    assert_eq!(answer.body, whole);
    let jobs = world.store().jobs();
    assert_eq!(jobs.len(), 2);
    assert!(jobs.iter().all(|job| job.request_id.as_deref() == Some("my-id")));
    assert_eq!(world.sent().len(), 2);
    let before = world.store().dump();
    let answer = post(VISIT).send(&world).await;
    let again = json!({"accepted": 0, "repeated": 1, "signals": 0, "alerts": 0, "rejected": []});
    assert_eq!((answer.status, answer.body), (202, again));
    assert_eq!(world.store().dump(), before);
    assert_eq!(world.sent().len(), 2);
}

#[tokio::test]
async fn one_that_is_wrong_costs_no_other() {
    let world = World::new();
    let good = json!({"contactId": "c", "url": "/blog"});
    let events = [
        visit("a", &good),
        visit("b", &json!({"contactId": "c", "url": ""})),
        visit("c", &json!({"contactId": "c", "url": "a\0b"})),
        visit("a", &good),
        json!(7),
        event("d", &json!({"organizationId": "org_b"})),
        visit("e", &json!({"contactId": "c", "url": "x".repeat(4_000)})),
    ];
    let answer = report(&world, &events).await;
    assert_eq!(answer.status, 202);
    let counts = ["accepted", "repeated", "signals"].map(|name| answer.body[name].clone());
    assert_eq!(counts, [json!(1), json!(1), json!(1)]);
    let rejected = answer.body["rejected"].as_array().unwrap();
    let told: Vec<_> = rejected.iter().map(|one| json!([one["index"], one["pointer"]])).collect();
    let wanted = [
        json!([1, "/events/1/data/url"]),
        json!([2, "/events/2/data"]),
        json!([4, "/events/4"]),
        json!([5, "/events/5/organizationId"]),
        json!([6, "/events/6/data/url"]),
    ];
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn a_report_of_nothing_valid_is_refused() {
    let wrong = |id: &str| visit(id, &json!({"contactId": "c"}));
    let answer = refused(post(wrong("a").to_string()), 422, "validation_failed").await;
    assert_eq!(answer.pointers(), ["/data/url"]);
    let events = [json!([]), wrong("b"), event("c", &json!({"occurredAt": "2027-01-15"}))];
    let body = json!({ "events": events }).to_string();
    let answer = refused(post(body), 422, "validation_failed").await;
    assert_eq!(answer.pointers(), ["/events/0", "/events/1/data/url", "/events/2/occurredAt"]);
    let many: Vec<Value> = (0..1_000).map(|n| wrong(&n.to_string())).collect();
    let answer =
        refused(post(json!({ "events": many }).to_string()), 422, "validation_failed").await;
    assert_eq!(answer.pointers().len(), FAULTS_LISTED_MAX);
}

#[tokio::test]
async fn a_report_has_a_list_of_its_bounds_and_nothing_beside_it() {
    let many: Vec<Value> = (0..1_001).map(|n| json!(n)).collect();
    for (body, pointers) in [
        (json!({"events": []}), vec!["/events"]),
        (json!({"events": {}}), vec!["/events"]),
        (json!({"events": null}), vec!["/events"]),
        (json!({ "events": many }), vec!["/events"]),
        (json!({"events": [1], "more": 2}), vec!["/more"]),
        (json!({}), vec!["/id"]),
        (json!([]), vec![""]),
    ] {
        let answer = refused(post(body.to_string()), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
}

#[tokio::test]
async fn a_thousand_are_one_request() {
    let world = World::new();
    let data = |n: usize| json!({"contactId": format!("c-{}", n % 10), "url": "/blog"});
    let events: Vec<Value> = (0..1_000).map(|n| visit(&format!("e-{n}"), &data(n))).collect();
    let answer = report(&world, &events).await;
    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(1_000)));
    assert_eq!((&answer.body["signals"], &answer.body["alerts"]), (&json!(1_000), &json!(0)));
    assert_eq!(world.store().jobs().len(), 10, "a scoring of each contact");
}

#[tokio::test]
async fn a_full_backlog_refuses_events_and_changes_nothing() {
    let world = World::new();
    world.put_jobs(1, u128::try_from(UNFINISHED_MAX).unwrap());
    let before = world.store().dump();
    let answer = post(VISIT).send(&world).await;
    assert_eq!((answer.status, answer.code()), (429, "backlog_full"));
    assert_eq!(world.store().dump(), before);
    let other = Call::new("POST", EVENTS).key(OTHER_KEY).json(VISIT);
    assert_eq!(other.send(&world).await.status, 202);
}
