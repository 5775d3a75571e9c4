//! Domain events as they leave: many a message, in the shape that
//! `tests/golden/messages/v1_events.json` pins. Consumers are not ours, so this
//! shape only ever gains fields.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::queue::BODY_BYTES_MAX;

/// Version of the message.
pub const EVENTS_VERSION: u16 = 1;

/// Most events of one message.
pub const EVENTS_MAX: usize = 100;

/// What stands around the events of a message; [`EVENTS_VERSION`] has one digit.
const HEAD: &str = "{\"v\":1,\"events\":[";
const TAIL: &str = "]}";

const _: () = assert!(EVENTS_VERSION == 1);

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Stable; an event that is sent again has the same.
    pub id: Uuid,
    /// What kind, such as `scoring.LeadScoreUpdated`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// When its row was written.
    pub occurred_at: DateTime<Utc>,
    /// Correlation id of what started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What happened; null where `data_omitted`.
    pub data: Value,
    /// The data fits no message. Such an event is told without it, because
    /// holding it back would hold back all that come after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub data_omitted: bool,
}

/// The bodies that carry these events: in their order, as few as can be, each of
/// at most [`EVENTS_MAX`] events and [`BODY_BYTES_MAX`] bytes.
///
/// # Errors
/// An event that has no JSON text, which none that was read from one lacks.
pub fn encode(events: &[Event]) -> serde_json::Result<Vec<String>> {
    let mut bodies = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let text = encode_event(event)?;
        let is_full = open.len() == EVENTS_MAX || bytes + text.len() > ROOM;
        if is_full && !open.is_empty() {
            bodies.push(close(&open));
            open.clear();
            bytes = 0;
        }
        // With the comma that stands before the next one.
        bytes += text.len() + 1;
        open.push(text);
    }
    if !open.is_empty() {
        bodies.push(close(&open));
    }
    Ok(bodies)
}

/// Bytes of a message that its events and their commas may take.
const ROOM: usize = BODY_BYTES_MAX - HEAD.len() - TAIL.len();

fn encode_event(event: &Event) -> serde_json::Result<String> {
    let text = serde_json::to_string(event)?;
    if text.len() <= ROOM {
        return Ok(text);
    }
    let told = Event { data: Value::Null, data_omitted: true, ..event.clone() };
    serde_json::to_string(&told)
}

fn close(events: &[String]) -> String {
    [HEAD, &events.join(","), TAIL].concat()
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
