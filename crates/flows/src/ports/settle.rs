//! Moves of a job's row that are no effect: each is guarded by the state it
//! leaves and, where it has one, the claim.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Message;
use mauntic_domain::jobs::events::Event;
use uuid::Uuid;

/// What becomes of a held job that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setback {
    /// It failed, which spends one of its failures; tried again after `wait`.
    Failed {
        /// From the database's clock.
        wait: TimeDelta,
        /// Stable reason, such as `outside_failed`.
        reason: &'static str,
        /// What went wrong, for people; no payload.
        error: String,
    },
    /// It is put off, which spends nothing.
    Snoozed {
        /// From the database's clock.
        wait: TimeDelta,
        /// Stable reason, such as `breaker_open`.
        reason: &'static str,
    },
    /// It is a dead letter; `failed` says whether this was a failure more.
    Dead {
        /// Stable reason.
        reason: &'static str,
        /// What exactly, for people; no payload.
        detail: String,
        /// Whether this attempt failed.
        failed: bool,
    },
}

/// A held job and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetBackJob {
    /// The job.
    pub id: Uuid,
    /// The attempt that holds it; if it lost its lease, nothing happens.
    pub claim: i32,
    /// What becomes of it.
    pub setback: Setback,
}

/// What became of a job whose type or version this build does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOff {
    /// It waits for another build.
    Snoozed,
    /// It waited for longer than a day and is a dead letter.
    DeadLettered,
}

/// A job that became a dead letter outside of its own attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Died {
    /// The job.
    pub id: Uuid,
    /// Its type's name.
    pub type_name: String,
    /// Production name of its queue.
    pub queue: String,
    /// Its run.
    pub run_id: Option<Uuid>,
    /// Correlation id.
    pub request_id: Option<String>,
    /// Claims so far.
    pub claim: i32,
    /// Stable reason.
    pub reason: &'static str,
}

/// What came of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// Queued again, its budget whole; its run, if any, is open again.
    Queued,
    /// It is no dead letter.
    NotDead,
    /// A job with its key was enqueued since; one effect is enough.
    KeyTaken,
}

/// Rows that retention took, by table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retired {
    /// Final jobs, receipts with them.
    pub jobs: u64,
    /// Decided dead letters.
    pub dead_letters: u64,
    /// Final runs without jobs.
    pub runs: u64,
    /// Occurrences.
    pub occurrences: u64,
    /// Events, sent or not.
    pub events: u64,
    /// Notifications past their window.
    pub notifications: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// Answers to requests, after a day.
    pub answers: u64,
    /// Replays of many that are over.
    pub replays: u64,
    /// What came of asking about matches.
    pub verifications: u64,
    /// Users of nights, with the events of their calculations.
    pub night_users: u64,
    /// Prices of nights.
    pub prices: u64,
    /// Nights of which nothing else was left.
    pub nights: u64,
    /// Past scores of assets.
    pub score_history: u64,
    /// Replaced versions of criteria.
    pub criteria: u64,
}

impl Retired {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.jobs
            + self.dead_letters
            + self.runs
            + self.occurrences
            + self.events
            + self.notifications
            + self.deliveries
            + self.answers
            + self.replays
            + self.verifications
            + self.night_users
            + self.prices
            + self.nights
            + self.score_history
            + self.criteria
    }
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Wakeup {
    /// The message.
    pub message: Message,
    /// How long the platform keeps it before it is delivered, in seconds.
    pub delay_secs: u32,
}

impl From<Message> for Wakeup {
    /// At once.
    fn from(message: Message) -> Self {
        Self { message, delay_secs: 0 }
    }
}

/// An event as it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct OutgoingEvent {
    /// Stable id; consumers deduplicate by it.
    pub id: Uuid,
    /// Type of event.
    pub event_type: String,
    /// Whose.
    pub organization_id: Option<String>,
    /// What happened.
    pub data: serde_json::Value,
    /// Correlation id.
    pub request_id: Option<String>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

impl OutgoingEvent {
    /// As it stands in a message.
    #[must_use]
    pub fn told(&self) -> Event {
        Event {
            id: self.id,
            event_type: self.event_type.clone(),
            organization_id: self.organization_id.clone(),
            occurred_at: self.occurred_at,
            request_id: self.request_id.clone(),
            data: self.data.clone(),
            data_omitted: false,
        }
    }
}
