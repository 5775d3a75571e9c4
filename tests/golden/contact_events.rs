//! Every shape of contact event that is taken in, pinned: products send them, and
//! what they sent is in queues of ours and theirs.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use mauntic_domain::contact_events::kind::TYPE_NAMES;
use mauntic_domain::contact_events::{ContactEvent, read_body, read_event};
use serde_json::{Value, json};

/// When they are read.
const NOW: &str = "2026-02-20T00:00:00Z";

#[test]
fn every_contact_event_ever_sent_is_still_read() {
    let now: DateTime<Utc> = NOW.parse().unwrap();
    let mut types = BTreeSet::new();
    for (name, case) in super::cases("contact_events") {
        assert!(case["why"].as_str().is_some_and(|why| !why.is_empty()), "{name} says no why");
        let events = read_body(&case["body"].to_string()).expect(&name);
        let read = |event: &Value| {
            read_event(event, None, now).unwrap_or_else(|fault| panic!("{name}: {fault}: {event}"))
        };
        let events: Vec<ContactEvent> = events.iter().map(read).collect();
        let made: Value = events.iter().map(signal).collect();
        assert_eq!(made, case["reads"], "{name}");
        for event in events {
            assert_eq!(event.organization_id.as_str(), "org_123", "{name}");
            assert_eq!(event.contact_id.as_str(), "contact_456", "{name}");
            assert_eq!(event.occurred_at.date_naive().to_string(), "2026-02-19", "{name}");
            types.insert(event.kind.type_name());
        }
    }
    assert_eq!(types, TYPE_NAMES.into_iter().collect(), "every type is pinned");
}

/// The signal's type and weight, where nothing is configured.
fn signal(event: &ContactEvent) -> Value {
    let Some(observed) = event.kind.observed() else { return Value::Null };
    json!([observed.signal_type, observed.given.unwrap_or(observed.default)])
}
