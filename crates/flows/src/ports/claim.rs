//! The values of the claim.

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::trace::TraceContext;
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

/// A job that was sent by hand and gets its row now, with a run of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct ShortJob {
    /// Derived from the queue and the message id.
    pub id: Uuid,
    /// Derived from the same; the run opened for it.
    pub run_id: Uuid,
    /// Its type.
    pub job_type: JobType,
    /// Whose; none for work across organizations.
    pub organization_id: Option<String>,
    /// Checked data, in the newest version.
    pub data: Value,
    /// Correlation id.
    pub request_id: Option<String>,
    /// The span that it was sent by.
    pub starter: Option<TraceContext>,
    /// Key under which the job exists at most once.
    pub idempotency_key: Option<String>,
    /// What becomes of the message where the key stands for another content.
    pub conflict: DeadLetter,
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
    /// Messages delivered, those two and repeated ones with them.
    pub messages: i32,
    /// Messages whose job another message of the batch is about as well.
    pub repeated: i32,
    /// Whether a message says that its job is of a type that is claimed alone:
    /// what is not claimed with the batch is then looked at in the same flight.
    /// Saves time, and decides nothing.
    pub expects_others: bool,
    /// The types that this build can do on this queue. Rows of another type, or
    /// of a newer version, are another build's.
    pub types: Vec<JobType>,
    /// Types that are claimed with the batch though they are not batched by their
    /// nature: they would call a service that this deployment does not have.
    pub also_batched: Vec<JobType>,
}

impl ClaimRequest {
    /// Whether jobs of this type are claimed with the batch.
    #[must_use]
    pub fn is_batched(&self, job_type: JobType) -> bool {
        job_type.spec().batched || self.also_batched.contains(&job_type)
    }
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
    /// Version of the data's shape.
    pub version: u16,
    /// The data, as the row has it; null where it is beyond what JSON values of
    /// this build can hold.
    pub data: Value,
    /// Whose; none for work across organizations.
    pub organization_id: Option<String>,
    /// The run it belongs to.
    pub run_id: Option<Uuid>,
    /// Nominal time of the schedule that started it.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Correlation id.
    pub request_id: Option<String>,
    /// The span that started it, where one is known.
    pub starter: Option<TraceContext>,
    /// When the row was written: of two jobs for one contact the later decides.
    pub created_at: DateTime<Utc>,
    /// Failures so far, and at how many it is a dead letter.
    pub failures: i16,
    /// See `failures`.
    pub failures_max: i16,
    /// Times in a row it was put off for `snooze_reason`.
    pub snoozes: i16,
    /// Why it was put off last.
    pub snooze_reason: Option<String>,
}

/// What a job that was not claimed with the batch waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing from this message: final, leased, not due, or expired.
    Nothing,
    /// Its turn to be claimed alone: it is due and of a type that is not
    /// batched, or its lease ran out.
    Alone,
    /// It is due but was locked at that moment, by a producer that joins it or
    /// a relay. The message must come back: it may be the only one.
    Unlocked,
    /// A build that knows its type or version.
    AnotherBuild,
}

/// A job that was not claimed with the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The job.
    pub id: Uuid,
    /// Its type's name.
    pub type_name: String,
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
    /// Jobs sent by hand that got no row, because their key stands for a job
    /// with the same content already.
    pub joined: Vec<Uuid>,
    /// Jobs sent by hand that got no row, because their key stands for other
    /// content; they are kept as dead letters.
    pub conflicts: Vec<Uuid>,
    /// Whether the dead letters were written. A failure here never fails the
    /// batch's other messages.
    pub letters: Result<(), super::PortError>,
}

/// Claiming one job alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AloneRequest {
    /// The queue the message came from.
    pub queue: Queue,
    /// The job.
    pub id: Uuid,
    /// The invocation.
    pub token: Uuid,
    /// How long its type holds it, in seconds.
    pub lease_secs: u32,
}

/// What came of claiming one job alone.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one a round trip, moved once")]
pub enum AloneClaim {
    /// Held; `now` is the database's clock.
    Held(Held, DateTime<Utc>),
    /// It spent its budget of failures and is a dead letter now.
    DeadLettered,
    /// Someone else has it, or it is final or not due.
    NotDue,
}
