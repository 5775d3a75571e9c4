//! A batch of messages, from decoding to settlement (DESIGN §4, *Claim* and
//! *Effect*).
//!
//! I/O, and why repeating each is harmless:
//! 1. claim: hand-sent jobs, dead letters and the batch's claims in one flight.
//!    Rows and letters are unique by id; a claim only raises its number.
//! 2. the jobs' reads and 3. their effect, one transaction: the fence lets it
//!    happen only under the claim of step 1.
//! 4. settlement: an acknowledgement that is lost brings the message back, and
//!    the claim finds its row final.
//!
//! A lost answer at 3 is not followed by any write about the job: the message
//! comes back, and its row tells.

mod plan;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::queue::Origin;
use uuid::Uuid;

use plan::Plan;
pub use plan::{Body, Delivery};

use crate::jobs;
use crate::ports::{
    AloneClaim, Checkpoint, ClaimReply, Committed, Database, Held, Host, JobStore, Next, PortError,
    Ports,
};

/// Wait before a batch comes back that found no database. One hundred retries
/// (the queues' own maximum) then last 33 minutes, after which the dead-letter
/// queue's consumer takes over for 25 hours more.
pub const DATABASE_AWAY_DELAY_SECS: u32 = 20;

/// Wait before a message comes back whose effect could not be settled: the
/// lease of 60 s has run out by then, so that the job can be claimed again.
pub const UNSETTLED_DELAY_SECS: u32 = 65;

/// Wait before a message comes back whose job was locked: transactions that
/// lock a job for a moment are over by then.
pub const LOCKED_DELAY_SECS: u32 = 2;

/// Longest time an invocation takes on new single jobs; the platform ends it
/// after 15 minutes.
pub const INVOCATION_MAX: TimeDelta = TimeDelta::minutes(10);

/// Times a transaction that lost against concurrent work is repeated.
pub const CONTENTION_REPEATS_MAX: u32 = 3;

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
    let plan = Plan::of(origin.queue(), token, deliveries);
    let report = Report { messages: deliveries.len(), ..Report::default() };
    let mut batch = Batch { ports, plan: &plan, settle, started: ports.host().now(), report };
    let outcome = match origin {
        Origin::Jobs(_) => batch.run().await,
        Origin::DeadLetters(_) => batch.bury().await,
    };
    if let Err(error) = outcome {
        batch.note(&error);
        // Whatever was settled before the error stays so: the first word counts.
        for index in 0..deliveries.len() {
            settle.retry(index, DATABASE_AWAY_DELAY_SECS);
        }
        batch.report.retried = deliveries.len() - batch.report.settled();
    }
    batch.report
}

impl Report {
    fn settled(&self) -> usize {
        (self.completed + self.absorbed + self.deferred + self.dead_lettered).min(self.messages)
    }
}

type Session<P> = <<P as Ports>::Db as Database>::Session;

struct Batch<'a, P, S> {
    ports: &'a P,
    plan: &'a Plan,
    settle: &'a S,
    started: DateTime<Utc>,
    report: Report,
}

impl<P: Ports, S: Settle> Batch<'_, P, S> {
    async fn run(&mut self) -> Result<(), PortError> {
        let session = self.ports.db().open().await?;
        let reply = session.claim(&self.plan.request).await?;
        self.ports.host().reached(Checkpoint::Claimed(&reply.held));
        self.settle_letters(&reply);
        let alone = self.settle_seen(&reply);
        let session = self.perform_together(session, &reply).await?;
        self.perform_alone(session, alone).await
    }

    async fn bury(&mut self) -> Result<(), PortError> {
        let session = self.ports.db().open().await?;
        session.bury(&self.plan.request).await?;
        for index in 0..self.report.messages {
            self.settle.ack(index);
        }
        self.report.deferred = self.report.messages;
        Ok(())
    }

    fn settle_letters(&mut self, reply: &ClaimReply) {
        let missing = reply.missing.iter().flat_map(|id| self.plan.deliveries_of(*id));
        for index in self.plan.refused.iter().copied().chain(missing) {
            match &reply.letters {
                Ok(()) => {
                    self.settle.ack(index);
                    self.report.dead_lettered += 1;
                }
                Err(error) => {
                    self.note(error);
                    self.settle.retry(index, DATABASE_AWAY_DELAY_SECS);
                    self.report.retried += 1;
                }
            }
        }
    }

    /// Acknowledges what needs nothing and returns what waits for its turn.
    /// A job that was alone before comes last: if it is what kills invocations,
    /// its neighbours are done by then.
    fn settle_seen(&mut self, reply: &ClaimReply) -> BTreeSet<(bool, Uuid)> {
        let mut alone = BTreeSet::new();
        for seen in &reply.seen {
            match seen.next {
                Next::Nothing => {}
                Next::Alone => {
                    alone.insert((seen.was_alone, seen.id));
                    continue;
                }
                Next::Unlocked => {
                    self.retry_job(seen.id, LOCKED_DELAY_SECS);
                    continue;
                }
            }
            let messages = self.ack_job(seen.id);
            if seen.state.is_final() {
                self.report.absorbed += messages;
            } else {
                self.report.deferred += messages;
            }
        }
        alone
    }

    /// The batch's own effect; job by job if it fails as a whole.
    async fn perform_together(
        &mut self,
        mut session: Session<P>,
        reply: &ClaimReply,
    ) -> Result<Session<P>, PortError> {
        if reply.held.is_empty() {
            return Ok(session);
        }
        match jobs::perform(&session, &reply.held, reply.now).await {
            Ok(Committed::Done) => {
                self.done(&reply.held);
                return Ok(session);
            }
            Ok(Committed::FenceLost) => {}
            Err(error @ PortError::Unknown { .. }) => {
                self.note(&error);
                for held in &reply.held {
                    self.retry_job(held.id, UNSETTLED_DELAY_SECS);
                }
                return self.ports.db().open().await;
            }
            Err(error) => self.note(&error),
        }
        session = self.ports.db().open().await?;
        for held in &reply.held {
            session = self.perform_one(session, held, reply.now).await?;
        }
        Ok(session)
    }

    async fn perform_alone(
        &mut self,
        mut session: Session<P>,
        alone: BTreeSet<(bool, Uuid)>,
    ) -> Result<(), PortError> {
        for (_, id) in alone {
            if self.ports.host().now() - self.started > INVOCATION_MAX {
                self.retry_job(id, DATABASE_AWAY_DELAY_SECS);
                continue;
            }
            let request = &self.plan.request;
            match session.claim_alone(request.queue, id, request.token).await? {
                AloneClaim::Held(held, now) => {
                    self.ports.host().reached(Checkpoint::Claimed(std::slice::from_ref(&held)));
                    session = self.perform_one(session, &held, now).await?;
                }
                AloneClaim::DeadLettered => {
                    self.report.dead_lettered += self.ack_job(id);
                }
                AloneClaim::NotDue => {
                    self.report.deferred += self.ack_job(id);
                }
            }
        }
        Ok(())
    }

    /// One job in its own transaction. After an error the session is replaced.
    async fn perform_one(
        &mut self,
        mut session: Session<P>,
        held: &Held,
        now: DateTime<Utc>,
    ) -> Result<Session<P>, PortError> {
        for _ in 0..=CONTENTION_REPEATS_MAX {
            match jobs::perform(&session, std::slice::from_ref(held), now).await {
                Ok(Committed::Done) => {
                    self.done(std::slice::from_ref(held));
                    return Ok(session);
                }
                Ok(Committed::FenceLost) => {
                    // Whoever took the lease over answers for the job.
                    self.report.deferred += self.ack_job(held.id);
                    return self.ports.db().open().await;
                }
                Err(error) => {
                    self.note(&error);
                    session = self.ports.db().open().await?;
                    if !matches!(error, PortError::Contention { .. }) {
                        break;
                    }
                }
            }
        }
        self.retry_job(held.id, UNSETTLED_DELAY_SECS);
        Ok(session)
    }

    fn done(&mut self, held: &[Held]) {
        self.ports.host().reached(Checkpoint::Committed);
        for held in held {
            let messages = self.ack_job(held.id);
            self.report.completed += 1;
            self.report.absorbed += messages.saturating_sub(1);
        }
    }

    fn ack_job(&self, id: Uuid) -> usize {
        self.plan.deliveries_of(id).map(|index| self.settle.ack(index)).count()
    }

    fn retry_job(&mut self, id: Uuid, delay_secs: u32) {
        let settle = |index| self.settle.retry(index, delay_secs);
        self.report.retried += self.plan.deliveries_of(id).map(settle).count();
    }

    fn note(&mut self, error: &PortError) {
        self.report.error.get_or_insert_with(|| error.clone());
    }
}
