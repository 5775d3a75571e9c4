//! A message of the queue of contact events: one event, or `{"events": […]}`.

use serde_json::Value;

use super::MESSAGE_EVENTS_MAX;
use super::event::RawEvent;

/// Most bytes of a message: the platform's own maximum, 128 KB.
const MESSAGE_BYTES_MAX: usize = 128_000;

/// A message's events, not looked at yet.
pub type EventBody = Vec<RawEvent>;

/// Why a body is no message of events; it is kept as a dead letter with this
/// reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More than a message has.
    #[error("the body has {found} bytes, at most {MESSAGE_BYTES_MAX} are read")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// Not JSON, or not events.
    #[error("the body is no message of events: {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
    /// None, or too many.
    #[error("a message has 1 to {MESSAGE_EVENTS_MAX} events, this one has {found}")]
    Count {
        /// Events found.
        found: usize,
    },
}

impl BodyError {
    /// Stable name of the reason, for rows and fingerprints.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Malformed { .. } => "malformed",
            Self::Count { .. } => "event_count",
        }
    }
}

/// Takes a message apart. Each event is read by itself, so that one that is
/// wrong costs no other.
///
/// # Errors
/// Why it is no message of events.
pub fn read_body(body: &str) -> Result<EventBody, BodyError> {
    if body.len() > MESSAGE_BYTES_MAX {
        return Err(BodyError::TooLarge { found: body.len() });
    }
    let mut value: Value = serde_json::from_str(body)
        .map_err(|error| BodyError::Malformed { message: error.to_string() })?;
    let events = match value.get_mut("events").map(Value::take) {
        Some(Value::Array(events)) => events,
        Some(_) => {
            return Err(BodyError::Malformed { message: "events must be a list".to_owned() });
        }
        None => vec![value],
    };
    if events.is_empty() || events.len() > MESSAGE_EVENTS_MAX {
        return Err(BodyError::Count { found: events.len() });
    }
    Ok(events)
}
