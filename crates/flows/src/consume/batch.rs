//! The steps of a batch, in their order.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::plan::Plan;
use super::{
    CONTENTION_REPEATS_MAX, DATABASE_AWAY_DELAY_SECS, INVOCATION_MAX, LOCKED_DELAY_SECS,
    ONE_BY_ONE_MAX, Report, Settle, UNSETTLED_DELAY_SECS,
};
use crate::jobs;
use crate::ports::{
    AloneClaim, Checkpoint, ClaimReply, Committed, Database, Held, Host, JobStore, Next, PortError,
    Ports,
};

type Session<P> = <<P as Ports>::Db as Database>::Session;

pub(super) struct Batch<'a, P, S> {
    ports: &'a P,
    plan: &'a Plan,
    settle: &'a S,
    started: DateTime<Utc>,
    pub(super) report: Report,
}

impl<'a, P: Ports, S: Settle> Batch<'a, P, S> {
    pub(super) fn new(ports: &'a P, plan: &'a Plan, settle: &'a S, messages: usize) -> Self {
        let report = Report { messages, ..Report::default() };
        Self { ports, plan, settle, started: ports.host().now(), report }
    }

    /// Claims, does and settles.
    pub(super) async fn run(&mut self) -> Result<(), PortError> {
        let session = self.ports.db().open().await?;
        let reply = session.claim(&self.plan.request).await?;
        self.ports.host().reached(Checkpoint::Claimed(&reply.held));
        self.settle_letters(&reply);
        let alone = self.settle_seen(&reply);
        let session = self.perform_together(session, &reply).await?;
        self.perform_alone(session, alone).await
    }

    /// Judges what the platform gave up on.
    pub(super) async fn bury(&mut self) -> Result<(), PortError> {
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

    /// The batch's own effect; job by job where the fault is one of theirs.
    async fn perform_together(
        &mut self,
        mut session: Session<P>,
        reply: &ClaimReply,
    ) -> Result<Session<P>, PortError> {
        if reply.held.is_empty() {
            return Ok(session);
        }
        for _ in 0..=CONTENTION_REPEATS_MAX {
            let outcome = jobs::perform(&session, &reply.held, reply.now).await;
            if let Ok(Committed::Done { superseded }) = outcome {
                self.done(&reply.held, superseded);
                return Ok(session);
            }
            // A session is not used again after an error.
            session = self.ports.db().open().await?;
            match outcome {
                Err(error @ PortError::Contention { .. }) => self.note(&error),
                Err(error @ (PortError::Unknown { .. } | PortError::Unavailable { .. })) => {
                    self.note(&error);
                    break;
                }
                outcome => {
                    outcome.err().iter().for_each(|error| self.note(error));
                    return self.perform_each(session, reply).await;
                }
            }
        }
        for held in &reply.held {
            self.retry_job(held.id, UNSETTLED_DELAY_SECS);
        }
        Ok(session)
    }

    async fn perform_each(
        &mut self,
        mut session: Session<P>,
        reply: &ClaimReply,
    ) -> Result<Session<P>, PortError> {
        for held in &reply.held {
            // The batch's claim was the invocation's first act.
            if self.ports.host().now() - self.started > ONE_BY_ONE_MAX {
                self.retry_job(held.id, UNSETTLED_DELAY_SECS);
                continue;
            }
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
                // Taken meanwhile, or locked for a moment: the next look tells.
                AloneClaim::NotDue => self.retry_job(id, LOCKED_DELAY_SECS),
            }
        }
        Ok(())
    }

    /// One job in its own transaction.
    async fn perform_one(
        &mut self,
        mut session: Session<P>,
        held: &Held,
        now: DateTime<Utc>,
    ) -> Result<Session<P>, PortError> {
        for _ in 0..=CONTENTION_REPEATS_MAX {
            let outcome = jobs::perform(&session, std::slice::from_ref(held), now).await;
            if let Ok(Committed::Done { superseded }) = outcome {
                self.done(std::slice::from_ref(held), superseded);
                return Ok(session);
            }
            // A session is not used again after an error.
            session = self.ports.db().open().await?;
            let Err(error) = outcome else {
                // Whoever took the lease over answers for the job.
                self.report.deferred += self.ack_job(held.id);
                return Ok(session);
            };
            self.note(&error);
            match error {
                PortError::Contention { .. } => {}
                PortError::Unavailable { .. } => break,
                PortError::Unreadable { .. } => {
                    session.reject(held, error.code(), &error.to_string()).await?;
                    self.report.dead_lettered += self.ack_job(held.id);
                    return Ok(session);
                }
                // Unknown: nothing more is written, the row will tell. Refused:
                // the lease runs out, which spends the job's budget.
                PortError::Unknown { .. } | PortError::Refused { .. } => {
                    self.retry_job(held.id, UNSETTLED_DELAY_SECS);
                    return Ok(session);
                }
            }
        }
        // It was not tried: that is no failure of its own.
        session.hand_back(held).await?;
        self.retry_job(held.id, DATABASE_AWAY_DELAY_SECS);
        Ok(session)
    }

    fn done(&mut self, held: &[Held], superseded: usize) {
        self.ports.host().reached(Checkpoint::Committed);
        self.report.superseded += superseded;
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

    pub(super) fn note(&mut self, error: &PortError) {
        self.report.error.get_or_insert_with(|| error.clone());
    }
}
