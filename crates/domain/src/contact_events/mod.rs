//! What products report about their contacts, and the signal that each report
//! makes. The shape is that of the events that leave
//! ([`crate::jobs::events`]): `{id, type, organizationId, occurredAt, data}`,
//! with the contact in the data. Golden files in `tests/golden` pin it.
//!
//! - [`kind`]: the types, one row each, and what they say.
//! - [`enrichment`]: what one of them reports.
//! - [`event`]: an event, read tolerantly and checked.
//! - [`body`]: a message of one event or of many.

pub mod body;
pub mod enrichment;
pub mod event;
mod fields;
pub mod kind;

pub use body::{BodyError, EventBody, read_body};
pub use enrichment::Enrichment;
pub use event::{CAMPAIGN_CHARS_MAX, ContactEvent, EventFault, RawEvent, read_event};
pub use kind::{Channel, EventKind, Observed};

use chrono::TimeDelta;

/// Name in production of the queue that brings them; other environments add a
/// suffix, and its dead-letter queue one as well.
pub const QUEUE_NAME: &str = "mauntic-contact-events";

/// Most events of one message on the queue, as many as one that leaves has.
pub const MESSAGE_EVENTS_MAX: usize = 100;

/// Most events of one request: with 1 KiB each they fill the largest body.
pub const REQUEST_EVENTS_MAX: usize = 1_000;

/// Most bytes of an event's data as JSON: 1,000 of them are 4 MB in an isolate
/// of 128 MB.
pub const DATA_BYTES_MAX: usize = 4_096;

/// How long an event's id is remembered, and so how old an event may be: past
/// that a repeat would not be known. Longer than any queue keeps a message
/// (14 days), and a month's report may still be sent.
pub const EVENT_AGE_MAX: TimeDelta = TimeDelta::days(35);

/// How long an event's id is remembered by its row: a day longer than an event may
/// be old, for the clocks of those who judge that.
pub const SEEN_KEPT: TimeDelta = TimeDelta::days(36);

const _: () = assert!(SEEN_KEPT.num_days() > EVENT_AGE_MAX.num_days());

/// How long is kept what contacts did, their enrichments and closed alerts: a
/// year and a month, to compare with the year before.
pub const ACTIVITY_KEPT: TimeDelta = TimeDelta::days(400);

/// Most rows of one of events' tables that one tick deletes. 1,000 events a second
/// are 60,000 a minute: this keeps up with them, and catches up.
pub const EVENTS_RETIRED_MAX: i64 = 100_000;

/// How far ahead of our clock an event may be.
pub const EVENT_FUTURE_MAX: TimeDelta = TimeDelta::minutes(5);

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_body;
#[cfg(test)]
mod tests_faults;
