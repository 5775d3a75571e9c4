//! The values of the claim.

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::{JobState, Queue};
use serde_json::Value;
use uuid::Uuid;

/// A body or message that is kept for people to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The platform's message id; with the queue it makes the row unique, so
    /// that a redelivery adds nothing.
    pub message_id: String,
    /// The raw body as text or bytes.
    pub body: Vec<u8>,
    /// Stable reason, such as `malformed`.
    pub reason: &'static str,
    /// What exactly was wrong, for people.
    pub detail: String,
}

/// A job that was sent by hand and gets its row now.
#[derive(Debug, Clone, PartialEq)]
pub struct ShortJob {
    /// Derived from the queue and the message id.
    pub id: Uuid,
    /// Its type's name.
    pub type_name: &'static str,
    /// Whose.
    pub organization_id: String,
    /// Checked data.
    pub data: Value,
    /// Failures after which it is a dead letter.
    pub failures_max: i16,
    /// Correlation id.
    pub request_id: Option<String>,
}

/// What a batch asks of the database.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRequest {
    /// The queue the messages came from.
    pub queue: Queue,
    /// The invocation; [`super::JobStore::release`] finds its leases by it.
    pub token: Uuid,
    /// Jobs that messages address, distinct and sorted, with one message's id
    /// each (kept when no row is found).
    pub addresses: Vec<(Uuid, String)>,
    /// Jobs sent by hand, distinct and sorted by id.
    pub shorts: Vec<ShortJob>,
    /// Bodies that are no messages.
    pub letters: Vec<DeadLetter>,
    /// Names of the types that are claimed as a batch.
    pub batched_types: Vec<&'static str>,
    /// Names of the types that are claimed one at a time. A type in neither
    /// list is another build's: its rows are left alone.
    pub single_types: Vec<&'static str>,
}

/// A job this invocation holds under a lease.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The job.
    pub id: Uuid,
    /// The fencing token: the number of this attempt.
    pub claim: i32,
    /// The type's name, as the row has it.
    pub type_name: String,
    /// The data, as the row has it; null where it is beyond what JSON values of
    /// this build can hold.
    pub data: Value,
    /// Correlation id.
    pub request_id: Option<String>,
    /// When the row was written: of two jobs for one contact the later decides.
    pub created_at: DateTime<Utc>,
}

/// What a job that was not claimed with the batch waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing from this message: final, leased, not due, or another build's.
    Nothing,
    /// Its turn to be claimed alone: it is due and of a type that is not
    /// batched, or its lease ran out.
    Alone,
    /// It is due but was locked at that moment, by a producer that joins it or
    /// a relay. The message must come back: it may be the only one.
    Unlocked,
}

/// A job that was not claimed with the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The job.
    pub id: Uuid,
    /// Its state.
    pub state: JobState,
    /// Whether its last claim took it alone.
    pub was_alone: bool,
    /// What it waits for.
    pub next: Next,
}

/// What a batch was given.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimReply {
    /// The database's clock: the `now` of everything decided for this batch.
    pub now: DateTime<Utc>,
    /// Claimed.
    pub held: Vec<Held>,
    /// Known, but not claimed.
    pub seen: Vec<Seen>,
    /// Addresses without a row; they are kept as dead letters `row_missing`.
    pub missing: Vec<Uuid>,
    /// Whether the dead letters were written. A failure here never fails the
    /// batch's other messages.
    pub letters: Result<(), super::PortError>,
}

/// What came of claiming one job alone.
#[derive(Debug, Clone, PartialEq)]
pub enum AloneClaim {
    /// Held; `now` is the database's clock.
    Held(Held, DateTime<Utc>),
    /// It spent its budget of failures and is a dead letter now.
    DeadLettered,
    /// Someone else has it, or it is final or not due.
    NotDue,
}
