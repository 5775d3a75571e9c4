//! The message of contact events, pinned: senders are not ours, so this shape
//! only ever gains fields and types.

use std::collections::BTreeSet;

use mauntic_domain::contact_events::kind::TYPE_NAMES;
use mauntic_domain::contact_events::{ContactEvent, read_body, read_event};
use mauntic_domain::scoring::SignalConfig;
use serde_json::{Value, json};

fn golden() -> Value {
    serde_json::from_str(include_str!("contact_events.json")).unwrap()
}

fn read_all(golden: &Value) -> Vec<ContactEvent> {
    let now = golden["now"].as_str().unwrap().parse().unwrap();
    let events = read_body(&golden["body"].to_string()).unwrap();
    events.iter().map(|event| read_event(event, None, now).unwrap()).collect()
}

/// Where an event comes from, and the signal that it makes by default.
fn told(event: &ContactEvent) -> Value {
    let mut told = json!({"source": event.kind.channel().as_str()});
    if let Some(of) = event.kind.observed() {
        let config = SignalConfig::default();
        let terms = config.terms(&of.signal_type, of.given, of.default).unwrap();
        told["signal"] = json!(of.signal_type);
        told["weight"] = json!(terms.weight);
        told["priority"] = json!(terms.priority);
    }
    told
}

#[test]
fn every_event_is_read_as_it_was() {
    let golden = golden();
    let told: Vec<Value> = read_all(&golden).iter().map(told).collect();
    assert_eq!(json!(told), golden["reads"]);
}

#[test]
fn nothing_of_an_event_is_lost() {
    let golden = golden();
    let sent = golden["body"]["events"].as_array().unwrap();
    for (event, sent) in read_all(&golden).into_iter().zip(sent) {
        let mut data = event.data;
        data.insert("contactId".to_owned(), json!(event.contact_id));
        let again = json!({
            "id": event.id,
            "type": event.kind.type_name(),
            "organizationId": event.organization_id,
            "occurredAt": event.occurred_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "data": data,
        });
        assert_eq!(again, *sent);
        assert_eq!(json!(event.campaign_id), sent["data"]["campaignId"]);
    }
}

#[test]
fn every_type_has_a_golden_event() {
    let golden = golden();
    let read = read_all(&golden);
    let found: BTreeSet<_> = read.iter().map(|event| event.kind.type_name()).collect();
    assert_eq!(found, BTreeSet::from(TYPE_NAMES));
}
