//! Events fit into messages, in order, and none is left out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn event(number: u128, data: Value) -> Event {
    Event {
        id: Uuid::from_u128(number),
        event_type: "scoring.LeadScoreUpdated".to_owned(),
        organization_id: Some("org_123".to_owned()),
        occurred_at: DateTime::UNIX_EPOCH,
        request_id: None,
        data,
        data_omitted: false,
    }
}

fn read(body: &str) -> Vec<Event> {
    assert!(body.len() <= BODY_BYTES_MAX, "{} bytes", body.len());
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["v"], json!(EVENTS_VERSION));
    let events: Vec<Event> = serde_json::from_value(body["events"].clone()).unwrap();
    assert!((1..=EVENTS_MAX).contains(&events.len()));
    events
}

/// An event whose text has this many bytes.
fn sized(number: u128, bytes: usize) -> Event {
    let bare = serde_json::to_string(&event(number, json!(""))).unwrap().len();
    event(number, json!("x".repeat(bytes - bare)))
}

#[test]
fn nothing_makes_no_message() {
    assert_eq!(encode(&[]).unwrap(), Vec::<String>::new());
}

#[test]
fn a_message_is_filled_to_the_last_byte() {
    for (sizes, messages) in [
        (vec![ROOM], 1),
        (vec![ROOM, 300], 2),
        (vec![ROOM - 301, 300], 1),
        (vec![ROOM - 300, 300], 2),
        (vec![300; EVENTS_MAX], 1),
        (vec![300; EVENTS_MAX + 1], 2),
    ] {
        let events: Vec<Event> = (0..).zip(&sizes).map(|(n, bytes)| sized(n, *bytes)).collect();
        let bodies = encode(&events).unwrap();
        assert_eq!(bodies.len(), messages, "{sizes:?}");
        let read: Vec<Event> = bodies.iter().flat_map(|body| read(body)).collect();
        assert_eq!(read, events, "{sizes:?}");
    }
}

#[test]
fn an_event_that_fits_no_message_is_told_without_its_data() {
    let bodies = encode(&[sized(1, 300), sized(2, ROOM + 1), sized(3, 300)]).unwrap();
    let read: Vec<Event> = bodies.iter().flat_map(|body| read(body)).collect();
    assert_eq!(read.iter().map(|e| e.data_omitted).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((read[1].id, &read[1].data), (Uuid::from_u128(2), &Value::Null));
    assert_eq!(bodies.len(), 1);
}

/// Many small events, which fill a message by their number, or a few of any
/// size, which fill it by their bytes: about 100 KB a case.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        proptest::collection::vec(300..400_usize, 0..250),
        proptest::collection::vec(prop_oneof![3 => 300..900_usize, 1 => 300..=ROOM], 0..24),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_event_is_in_one_message_and_no_message_is_for_nothing(sizes in sizes()) {
        let events: Vec<Event> = (0..).zip(&sizes).map(|(n, bytes)| sized(n, *bytes)).collect();
        let bodies = encode(&events).unwrap();
        let messages: Vec<Vec<Event>> = bodies.iter().map(|body| read(body)).collect();
        prop_assert_eq!(messages.concat(), events);
        // In order no split is better: the next one's first would not have fit.
        let mut next = 0;
        for (body, message) in bodies.iter().zip(&messages) {
            next += message.len();
            let fits = |bytes: &usize| {
                message.len() < EVENTS_MAX && body.len() + 1 + bytes <= BODY_BYTES_MAX
            };
            prop_assert!(!sizes.get(next).is_some_and(fits));
        }
    }
}
