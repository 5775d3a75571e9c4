//! Messages taken apart, and that no JSON at all is too much.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::kind::TYPE_NAMES;
use super::tests::{event, fault, read};
use super::*;

fn body_of(events: usize) -> String {
    json!({"events": vec![event("crm.ContactUpdated", &json!({})); events]}).to_string()
}

#[test]
fn a_message_has_one_event_or_a_list_of_them() {
    let one = event("crm.ContactUpdated", &json!({}));
    assert_eq!(read_body(&one.to_string()), Ok(vec![one.clone()]));
    assert_eq!(read_body(&json!({"events": [one]}).to_string()), Ok(vec![one]));
    assert_eq!(read_body(&body_of(MESSAGE_EVENTS_MAX)).map(|events| events.len()), Ok(100));
    // What is no event is refused by itself, so that the others land.
    let mixed = read_body(r#"{"v":1,"events":[7,{}]}"#).unwrap();
    assert_eq!(mixed.iter().map(|of| fault(of).0).collect::<Vec<_>>(), ["", "/id"]);
    for single in ["7", "null", "[]", "\"x\"", "{}"] {
        assert_eq!(read_body(single).map(|events| events.len()), Ok(1), "{single}");
    }
}

#[test]
fn a_body_that_is_no_message_says_why() {
    let big = format!("\"{}\"", "x".repeat(128_000));
    let deep = "[".repeat(4_000);
    for (body, code, why) in [
        ("", "malformed", "EOF"),
        ("nonsense", "malformed", "expected"),
        (deep.as_str(), "malformed", "recursion"),
        ("{\"type\":\"\\ud800\"}", "malformed", "hex escape"),
        (r#"{"events":null}"#, "malformed", "events must be a list"),
        (r#"{"events":{}}"#, "malformed", "events must be a list"),
        (r#"{"events":[]}"#, "event_count", "this one has 0"),
        (body_of(101).as_str(), "event_count", "this one has 101"),
        (big.as_str(), "too_large", "the body has 128002 bytes, at most 128000 are read"),
    ] {
        let error = read_body(body).unwrap_err();
        assert_eq!(error.code(), code, "{}", &body[..body.len().min(80)]);
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// Any JSON, often of field names and values that mean something here.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "[A-Za-z0-9_.:-]{1,12}".prop_map(Value::from),
        Just(json!("2026-02-19T09:59:00Z")),
        Just(json!("\0")),
    ];
    let known = [
        "id",
        "type",
        "organizationId",
        "occurredAt",
        "data",
        "contactId",
        "campaignId",
        "url",
        "formType",
        "signalType",
        "weight",
        "status",
        "cost",
        "freshnessHours",
    ];
    let key = prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,8}"];
    leaf.prop_recursive(3, 32, 6, move |inner| {
        let fields = proptest::collection::vec((key.clone(), inner.clone()), 0..6);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An event with one field of it or of its data replaced.
fn nearly_right() -> impl Strategy<Value = Value> {
    let fields = json!({
        "url": "/", "formType": "demo", "signalType": "A", "weight": 5, "status": "failed",
        "cost": 1, "freshnessHours": 1, "campaignId": "c",
    });
    let of = prop::sample::select(TYPE_NAMES.to_vec()).prop_map(move |name| event(name, &fields));
    (of, any::<bool>(), any::<prop::sample::Index>(), any_json()).prop_map(
        |(mut event, inside, at, value)| {
            let fields = if inside { &mut event["data"] } else { &mut event };
            let fields = fields.as_object_mut().unwrap();
            let names: Vec<String> = fields.keys().cloned().collect();
            fields.insert(at.get(&names).clone(), value);
            event
        },
    )
}

proptest! {
    #[test]
    fn anything_is_read_or_refused_at_a_place_that_is_there_or_is_missing(
        event in prop_oneof![any_json(), nearly_right()],
    ) {
        match read(&event) {
            Ok(read) => {
                prop_assert!(!read.data.contains_key("contactId"));
                prop_assert!(TYPE_NAMES.contains(&read.kind.type_name()));
                prop_assert!(read.occurred_at.timestamp_subsec_nanos().is_multiple_of(1_000_000));
            }
            Err(fault) => {
                let parent = fault.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                prop_assert!(event.pointer(parent).is_some(), "{event} refused at {fault}");
                prop_assert!(!fault.message.is_empty() && fault.message.len() < 200);
            }
        }
    }

    #[test]
    fn a_body_is_taken_apart_or_refused(body in "\\PC{0,200}") {
        prop_assert!(read_body(&body).is_ok_and(|events| events.len() == 1) || read_body(&body).is_err());
    }
}
