//! Contact events on their way in: what each is written as, and once.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mauntic_domain::contact_events::{ContactEvent, read_event};
use mauntic_domain::scoring::{DecayHours, DecayModel, Priority, SignalConfigEntry};
use mauntic_flows::ports::{EffectStore, EventFate, EventStore, Intake, JobKey, TakenIn};
use serde_json::{Map, Value, json};

use super::given::{coalesce, effect, letter};
use crate::dump::{assert_has, none};
use crate::subject::{Subject, World, organization};

on_both! {
    every_kind_of_event_is_written
    an_event_makes_one_signal_however_often_it_comes
    a_contact_with_signals_is_scored_once
    a_contact_that_is_not_there_is_made
    a_configuration_decides_what_a_signal_is_given
    a_type_that_is_switched_off_makes_no_signal
    an_alert_is_opened_once_until_it_is_closed
    an_alert_is_due_by_its_priority
    listeners_are_told_where_there_are_any
    nothing_comes_of_nothing
    letters_are_kept_once_a_message
}

/// A visit of `ada`, of `org_1`.
pub(crate) fn visit(id: &str, url: &str) -> Value {
    event(id, "content.PageVisited", json!({"contactId": "ada", "url": url}))
}

pub(crate) fn event(id: &str, type_name: &str, data: Value) -> Value {
    let event = json!({"id": id, "type": type_name, "organizationId": "org_1"});
    with(event, Map::from_iter([("data".to_owned(), data)]).into())
}

/// The event with other fields.
pub(crate) fn with(mut event: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("fields") };
    for (name, value) in fields {
        event[name.as_str()] = value;
    }
    event
}

impl<S: Subject> World<S> {
    pub(crate) fn read(&self, event: &Value) -> ContactEvent {
        let now = self.subject.now();
        let mut event = event.clone();
        if event.get("occurredAt").is_none() {
            event["occurredAt"] = json!(now);
        }
        read_event(&event, None, now).expect("an event")
    }

    pub(crate) fn intake(&mut self, events: &[Value]) -> Intake {
        let mut events: Vec<ContactEvent> = events.iter().map(|event| self.read(event)).collect();
        events.sort_by(|a, b| (&a.organization_id, &a.id).cmp(&(&b.organization_id, &b.id)));
        Intake { batch: self.id(), events, request_id: Some("request-5".to_owned()), tell: false }
    }

    /// Takes events of `org_1` in, for the HTTP worker.
    pub(crate) async fn take_in(&mut self, events: &[Value]) -> TakenIn {
        let intake = self.intake(events);
        self.http.take_in(Some(&organization("org_1")), &intake).await.expect("taken in")
    }

    pub(crate) async fn rows(&mut self, table: &str) -> Vec<Value> {
        self.dump().await[table].as_array().expect("a table").clone()
    }
}

async fn every_kind_of_event_is_written<S: Subject>(mut world: World<S>) {
    let of = |id: &str, of: &str, data: Value| {
        let mut all = json!({"contactId": "ada"});
        all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        event(id, of, all)
    };
    let observed = json!({"signalType": "WEBINAR_ATTENDED", "weight": 7.25});
    let finished = json!({"status": "succeeded", "cost": 0.0125, "freshnessHours": 3});
    let events = [
        of("01", "content.PageVisited", json!({"url": "https://e.co/Pricing?a=b"})),
        of("02", "content.PageVisited", json!({"url": "/blog"})),
        of("03", "content.FormSubmitted", json!({"formType": "demo", "campaignId": "c-1"})),
        of("04", "content.AssetDownloaded", json!({})),
        of("05", "delivery.MessageSent", json!({"campaignId": "c-2"})),
        of("06", "delivery.MessageDelivered", json!({})),
        of("07", "delivery.MessageOpened", json!({})),
        of("08", "delivery.MessageClicked", json!({})),
        of("09", "delivery.MessageBounced", json!({"why": "full"})),
        of("10", "delivery.MessageComplained", json!({})),
        of("11", "delivery.MessageUnsubscribed", json!({})),
        of("12", "crm.ContactUpdated", json!({"fields": ["a", {"b": null}]})),
        of("13", "intent.SignalObserved", observed),
        of("14", "enrichment.JobFinished", finished),
    ];
    let taken = world.take_in(&events).await;
    assert_eq!((taken.taken(), taken.signals, taken.alerts), (14, 8, 2));
    let dump = world.dump().await;
    assert_eq!(dump["activity"].as_array().unwrap().len(), 14);
    assert_eq!(dump["seen"].as_array().unwrap().len(), 14);
    assert_has(
        &dump["activity"][2],
        &json!({"event_id": "03", "contact_id": "ada", "event_type": "content.FormSubmitted",
            "channel": "content", "campaign_id": "c-1", "occurred_at": "+0s",
            "data": {"formType": "demo", "campaignId": "c-1"}, "received_at": "+0s"}),
    );
    let job = json!([{"organization_id": "org_1", "event_id": "14", "finished_at": "+0s",
        "contact_id": "ada", "succeeded": true, "cost": 125, "freshness_hours": 3,
        "received_at": "+0s"}]);
    assert_eq!(dump["enrichments"], job);
    let made: Vec<Value> = dump["signals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["event_id"], row["signal_type"], row["weight"], row["source"]]))
        .collect();
    assert_eq!(
        json!(made),
        json!([
            ["01", "PRICING_PAGE", 2000, "content"],
            ["02", "WEBSITE_VISIT", 500, "content"],
            ["03", "DEMO_REQUEST", 3000, "content"],
            ["04", "CONTENT_DOWNLOAD", 1000, "content"],
            ["07", "EMAIL_OPEN", 300, "delivery"],
            ["08", "EMAIL_CLICK", 800, "delivery"],
            ["12", "PROFILE_UPDATE", 200, "crm"],
            ["13", "WEBINAR_ATTENDED", 725, "intent"],
        ])
    );
    let first = json!({"decay_model": "linear", "decay_hours": 168, "priority": "critical",
        "cap_per_day": 100, "detected_at": "+0s", "decayed_at": "+604800s", "input_version": 1,
        "received_at": "+0s", "counted": true, "archived_at": none()});
    assert_has(&dump["signals"][0], &first);
}

async fn an_event_makes_one_signal_however_often_it_comes<S: Subject>(mut world: World<S>) {
    let events = [visit("a", "/pricing"), visit("b", "/blog")];
    let taken = world.take_in(&events).await;
    assert_eq!(taken.fates, [EventFate::Taken; 2]);
    let before = world.dump().await;
    let again = world.take_in(&events).await;
    assert_eq!(again.fates, [EventFate::Repeated; 2]);
    assert_eq!((again.signals, again.alerts, again.jobs), (0, 0, vec![]));
    assert_eq!(world.dump().await, before);
    // Told again with other content it is still the same event.
    let half = world.take_in(&[visit("b", "/demo"), visit("c", "/blog")]).await;
    assert_eq!(half.fates, [EventFate::Repeated, EventFate::Taken]);
    assert_eq!((half.signals, half.alerts), (1, 0));
    assert_eq!(world.rows("signals").await.len(), 3);
    assert_eq!(world.rows("activity").await.len(), 3);
}

async fn a_contact_with_signals_is_scored_once<S: Subject>(mut world: World<S>) {
    let queued = world.one(coalesce("ada")).await;
    let of_bob = json!({"contactId": "bob", "url": "/blog"});
    let of_cy = json!({"contactId": "cy"});
    let taken = world
        .take_in(&[
            visit("a", "/blog"),
            visit("b", "/blog"),
            event("c", "content.PageVisited", of_bob),
            event("d", "delivery.MessageSent", of_cy),
        ])
        .await;
    let created: BTreeMap<_, _> = taken.jobs.iter().map(|job| (job.id, job.created)).collect();
    assert_eq!(created.len(), 2, "one for bob, and ada's");
    assert!(!created[&queued]);
    world.expect_job(queued, json!({"coalesced": 1, "state": "queued"})).await;
    let fresh = taken.jobs.iter().find(|job| job.created).unwrap();
    assert!(fresh.send_now);
    let row = json!({"type": "scoring.CalculateScore", "coalesce_key": "bob", "wake_at": "+60s",
        "request_id": "request-5", "data": {"organizationId": "org_1", "contactId": "bob"},
        "failures_max": 3, "version": 1, "queue": "mauntic-scoring-events"});
    world.expect_job(fresh.id, row).await;
    // A job that was claimed meanwhile has not seen what comes now.
    let held = world.hold(fresh.id).await;
    let of_bob = json!({"contactId": "bob", "url": "/blog"});
    let taken = world.take_in(&[event("e", "content.PageVisited", of_bob)]).await;
    assert!(taken.jobs[0].created && taken.jobs[0].id != held.id);
}

async fn a_contact_that_is_not_there_is_made<S: Subject>(mut world: World<S>) {
    let contact = (organization("org_1"), crate::subject::contact("ada"));
    world.take_in(&[visit("a", "/blog")]).await;
    world.take_in(&[visit("b", "/blog"), visit("c", "/demo")]).await;
    let inputs = world.queue.score_inputs(std::slice::from_ref(&contact)).await.unwrap();
    let input = inputs.contacts[&contact].as_ref().unwrap();
    assert_eq!((input.input_version, input.signals.len()), (2, 3));
    let versions = world.column("signals", "input_version").await;
    assert_eq!(versions, [json!(1), json!(2), json!(2)]);
}

/// An entry that changes nothing.
pub(crate) fn entry(name: &str) -> SignalConfigEntry {
    serde_json::from_value(json!({ "signalType": name })).expect("an entry")
}

async fn a_configuration_decides_what_a_signal_is_given<S: Subject>(mut world: World<S>) {
    let weight = |points: f64| Some(serde_json::from_value(json!(points)).unwrap());
    let own = SignalConfigEntry {
        weight: weight(12.5),
        decay_hours: DecayHours::new(24).unwrap(),
        decay_model: DecayModel::Step,
        tier: Some(Priority::High),
        cap_per_day: Some(2),
        ..entry("WEBSITE_VISIT")
    };
    let observed = SignalConfigEntry { weight: weight(9.0), ..entry("JOB_CHANGE") };
    let owner = organization("org_1");
    world.subject.put_signal_config(&owner, vec![own, observed]).await;
    let observe = |id: &str, data: Value| event(id, "intent.SignalObserved", data);
    let given = json!({"contactId": "ada", "signalType": "JOB_CHANGE", "weight": 1.01});
    let configured = json!({"contactId": "ada", "signalType": "JOB_CHANGE"});
    let default = json!({"contactId": "ada", "signalType": "SOMETHING"});
    let taken = world
        .take_in(&[
            visit("a", "/blog"),
            observe("b", given),
            observe("c", configured),
            observe("d", default),
        ])
        .await;
    assert_eq!((taken.signals, taken.alerts), (4, 2));
    assert_eq!(world.column("signals", "weight").await, [1250, 101, 900, 500].map(Value::from));
    let first = json!({"decay_model": "step", "decay_hours": 24, "priority": "high",
        "cap_per_day": 2, "decayed_at": "+86400s"});
    assert_has(&world.rows("signals").await[0], &first);
    // What is configured later holds for what comes later.
    world.subject.put_signal_config(&owner, vec![]).await;
    world.take_in(&[visit("e", "/blog")]).await;
    let weights = world.column("signals", "weight").await;
    assert_eq!(weights, [1250, 101, 900, 500, 500].map(Value::from));
}

async fn a_type_that_is_switched_off_makes_no_signal<S: Subject>(mut world: World<S>) {
    let off = SignalConfigEntry { enabled: false, ..entry("PRICING_PAGE") };
    world.subject.put_signal_config(&organization("org_1"), vec![off]).await;
    let taken = world.take_in(&[visit("a", "/pricing")]).await;
    assert_eq!((taken.taken(), taken.signals, taken.alerts), (1, 0, 0));
    assert_eq!(taken.jobs, vec![]);
    let dump = world.dump().await;
    assert_eq!((&dump["signals"], &dump["jobs"]), (&json!([]), &json!([])));
    assert_eq!(dump["activity"].as_array().unwrap().len(), 1);
    assert_eq!(dump["features"], json!([]));
}

async fn an_alert_is_opened_once_until_it_is_closed<S: Subject>(mut world: World<S>) {
    let later = with(visit("a", "/pricing"), json!({"occurredAt": world.subject.now()}));
    let earlier = world.subject.now() - TimeDelta::hours(1);
    let earlier = with(visit("b", "/pricing"), json!({ "occurredAt": earlier }));
    let taken = world.take_in(&[later, earlier, visit("c", "/demo")]).await;
    assert_eq!((taken.signals, taken.alerts), (3, 2));
    let alerts = world.rows("alerts").await;
    let wanted = json!({"organization_id": "org_1", "contact_id": "ada", "status": "open",
        "signal_type": "PRICING_PAGE", "priority": "critical", "event_id": "b"});
    assert_has(&alerts[1], &wanted);
    let notify = taken.jobs.iter().rfind(|job| job.type_name == "scoring.NotifyAlert").unwrap();
    let row = json!({"data": {"organizationId": "org_1", "alertId": alerts[1]["id"],
        "contactId": "ada", "signalType": "PRICING_PAGE", "priority": "critical"},
        "wake_at": "+60s", "request_id": "request-5", "coalesce_key": none()});
    world.expect_job(notify.id, row).await;
    // One is open.
    world.advance(60).await;
    let taken = world.take_in(&[visit("d", "/pricing")]).await;
    assert_eq!((taken.signals, taken.alerts), (1, 0));
    // It expires; the next signal is news.
    let id = world.labels.id(alerts[1]["id"].as_str().unwrap());
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let mut expiry = effect(world.subject.now(), &[&held]);
    expiry.expired_alerts = vec![id];
    world.queue.commit(&expiry).await.unwrap();
    let taken = world.take_in(&[visit("e", "/pricing")]).await;
    assert_eq!((taken.signals, taken.alerts), (1, 1));
    let status = world.column("alerts", "status").await;
    assert_eq!(status, ["open", "expired", "open"].map(Value::from));
}

async fn an_alert_is_due_by_its_priority<S: Subject>(mut world: World<S>) {
    world.take_in(&[visit("a", "/free-trial"), visit("b", "/demo"), visit("c", "/blog")]).await;
    let alerts = world.rows("alerts").await;
    let due: Vec<&Value> = alerts.iter().map(|row| &row["due_at"]).collect();
    assert_eq!(due, ["+3600s", "+14400s"]);
    assert_eq!(alerts[0]["opened_at"], "+0s");
}

async fn listeners_are_told_where_there_are_any<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    let mut intake = world.intake(&[visit("a", "/blog"), visit("b", "/demo")]);
    intake.tell = true;
    world.http.take_in(Some(&owner), &intake).await.unwrap();
    let alert = world.rows("alerts").await[0]["id"].clone();
    let events = world.rows("events").await;
    let told: Vec<Value> =
        events.iter().map(|row| json!([row["type"], row["data"], row["request_id"]])).collect();
    let wanted = json!([
        ["scoring.SignalDetected", {"contactId": "ada", "eventId": "a",
            "signalType": "WEBSITE_VISIT", "source": "content", "weight": 5, "priority": "low"},
            "request-5"],
        ["scoring.SignalDetected", {"contactId": "ada", "eventId": "b",
            "signalType": "DEMO_REQUEST", "source": "content", "weight": 30,
            "priority": "critical"}, "request-5"],
        ["scoring.AlertOpened", {"alertId": alert, "contactId": "ada", "eventId": "b",
            "signalType": "DEMO_REQUEST", "priority": "critical"}, "request-5"],
    ]);
    assert_eq!(json!(told), wanted);
    let again = Intake { batch: world.id(), ..intake };
    world.http.take_in(Some(&owner), &again).await.unwrap();
    world.take_in(&[visit("c", "/demo")]).await;
    assert_eq!(world.rows("events").await.len(), 3, "repeats, and nobody listened");
}

async fn nothing_comes_of_nothing<S: Subject>(mut world: World<S>) {
    let before = world.dump().await;
    assert_eq!(world.take_in(&[]).await, TakenIn::default());
    world.queue.keep_letters("mauntic-contact-events", &[]).await.unwrap();
    assert_eq!(world.dump().await, before);
}

async fn letters_are_kept_once_a_message<S: Subject>(mut world: World<S>) {
    for names in [["m-2", "m-1"], ["m-2", "m-3"]] {
        let letters = names.map(|name| letter(name, "malformed"));
        world.queue.keep_letters("mauntic-contact-events", &letters).await.unwrap();
    }
    let letters = world.letters().await;
    let kept: Vec<&Value> = letters.iter().map(|row| &row["message_id"]).collect();
    assert_eq!(kept, ["m-1", "m-2", "m-3"]);
    let row = json!({"queue": "mauntic-contact-events", "reason": "malformed",
        "job_id": none(), "type": none(), "organization_id": none(), "decided_at": none()});
    assert_has(&letters[0], &row);
}
