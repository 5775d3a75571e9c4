//! A batch of messages, from decoding to settlement.
//!
//! I/O, and why repeating each is harmless:
//! 1. claim: hand-sent jobs, dead letters and the batch's claims in one flight.
//!    Rows and letters are unique by id; a claim only raises its number.
//! 2. the jobs' reads and 3. their effect, one transaction: the fence lets it
//!    happen only under the claim of step 1. What is not done is moved by one
//!    statement, guarded by that claim as well.
//! 4. settlement: an acknowledgement that is lost brings the message back, and
//!    the claim finds its row final.
//!
//! A lost answer at 3 is not followed by any write that moves the job, only by
//! one that keeps the lease, should it run out, from counting against it: the
//! message comes back, and its row tells.

mod attempt;
mod batch;
mod plan;
mod settling;

use chrono::TimeDelta;
use mauntic_domain::jobs::queue::Origin;
use uuid::Uuid;

use batch::Batch;
use plan::Plan;
pub use plan::{Body, Delivery};

use crate::jobs;
use crate::ports::{PortError, Ports};

/// Wait before a batch comes back that found no database. One hundred retries
/// (the queues' own maximum) then last 33 minutes, after which the dead-letter
/// queue's consumer takes over for 25 hours more.
pub const DATABASE_AWAY_DELAY_SECS: u32 = 20;

/// The same for a dead-letter queue's message. Nothing stands behind that queue,
/// and a message that was sent by hand has no row yet: its hundred retries must
/// last for 25 hours.
pub const DEAD_LETTERS_AWAY_DELAY_SECS: u32 = 900;

/// Wait before a message comes back whose effect could not be settled: the
/// lease of 60 s has run out by then, so that the job can be claimed again.
pub const UNSETTLED_DELAY_SECS: u32 = 65;

/// Wait before a message comes back whose job was locked: transactions that
/// lock a job for a moment are over by then.
pub const LOCKED_DELAY_SECS: u32 = 2;

/// Longest wait for which a snoozed job's message comes back by itself; a
/// longer one is left to the tick.
pub const SNOOZE_MESSAGE_SECS_MAX: i64 = 60;

/// Longest time an invocation takes on new single jobs; the platform ends it
/// after 15 minutes.
pub const INVOCATION_MAX: TimeDelta = TimeDelta::minutes(10);

/// How long after its claim a batch may still be begun job by job: one job's
/// transactions wait for locks 4 × 5 s at most, and the lease of 60 s outlives
/// them. Under a shorter lease others take the jobs over, which costs work and
/// nothing else.
pub const ONE_BY_ONE_MAX: TimeDelta = TimeDelta::seconds(35);

/// Times a transaction that lost against concurrent work is repeated.
pub const CONTENTION_REPEATS_MAX: u32 = 3;

/// How long after its beginning a job's work may still be repeated for that; after it the job
/// is put off. A repeat asks services outside again, so that what it may take besides
/// ([`CALL_MAX`](crate::outside::CALL_MAX) and locks) has to fit into the lease behind this.
pub const REPEATED_WITHIN: TimeDelta = TimeDelta::seconds(15);

/// Says what becomes of a message. The first word per message counts.
pub trait Settle {
    /// The message is done with.
    fn ack(&self, index: usize);
    /// The message comes back after `delay_secs`.
    fn retry(&self, index: usize, delay_secs: u32);
}

/// What became of a batch, for its log line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages delivered.
    pub messages: usize,
    /// Jobs whose effect this invocation committed.
    pub completed: usize,
    /// Messages whose job was final already, or repeated within the batch.
    pub absorbed: usize,
    /// Messages whose job someone else holds, or that is not due.
    pub deferred: usize,
    /// Bodies and jobs that became dead letters.
    pub dead_lettered: usize,
    /// Jobs that failed and are tried again.
    pub failed: usize,
    /// Jobs that were put off, which spends nothing.
    pub snoozed: usize,
    /// Scores that were not written, because there are newer ones.
    pub superseded: usize,
    /// Messages that come back.
    pub retried: usize,
    /// The first error met.
    pub error: Option<PortError>,
}

/// Consumes a batch. Never fails: what cannot be done now is retried.
pub async fn consume<P: Ports>(
    ports: &P,
    origin: Origin,
    token: Uuid,
    deliveries: &[Delivery],
    settle: &impl Settle,
) -> Report {
    let plan = Plan::of(origin.queue(), token, deliveries, jobs::idle(ports));
    let mut batch = Batch::new(ports, &plan, settle, deliveries.len());
    let outcome = match origin {
        Origin::Jobs(_) => batch.run().await,
        Origin::DeadLetters(_) => batch.bury().await,
    };
    if let Err(error) = outcome {
        batch.note(&error);
        batch.absolve().await;
        let delay_secs = match origin {
            Origin::Jobs(_) => DATABASE_AWAY_DELAY_SECS,
            Origin::DeadLetters(_) => DEAD_LETTERS_AWAY_DELAY_SECS,
        };
        // Whatever was settled before the error stays so: the first word counts.
        for index in 0..deliveries.len() {
            settle.retry(index, delay_secs);
        }
        batch.report.retried = deliveries.len().saturating_sub(batch.report.settled());
    }
    batch.report
}

impl Report {
    /// Messages that do not come back.
    fn settled(&self) -> usize {
        self.completed + self.absorbed + self.deferred + self.dead_lettered + self.snoozed
    }
}
