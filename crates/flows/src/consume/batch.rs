//! The steps of a batch, in their order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::JobType;
use mauntic_domain::jobs::types::LEASE_SECS_DEFAULT;
use uuid::Uuid;

use super::plan::Plan;
use super::{
    DATABASE_AWAY_DELAY_SECS, INVOCATION_MAX, LOCKED_DELAY_SECS, ONE_BY_ONE_MAX, Report, Settle,
    UNSETTLED_DELAY_SECS,
};
use crate::ports::{
    AloneClaim, AloneRequest, Checkpoint, ClaimReply, ClaimRequest, Database, Held, Host, JobStore,
    Next, PortError, Ports, PutOff, Seen,
};
use crate::relay::{send_due, send_held_back};
use crate::tick::observe_death;

pub(super) type Session<P> = <<P as Ports>::Db as Database>::Session;

pub(super) struct Batch<'a, P, S> {
    pub(super) ports: &'a P,
    pub(super) plan: &'a Plan,
    pub(super) settle: &'a S,
    pub(super) started: DateTime<Utc>,
    /// When the work of the jobs began that are attempted now.
    pub(super) begun: DateTime<Utc>,
    /// Whether an effect enqueued jobs, which are to be sent.
    pub(super) spawned: bool,
    /// Organizations of which one at least has few messages out and jobs that were
    /// held back; the rest have nothing to take.
    pub(super) refill: BTreeSet<String>,
    pub(super) report: Report,
}

/// Jobs that are claimed one at a time: those that were alone before come last,
/// so that one that kills invocations finds its neighbours done.
type Alone = BTreeMap<(bool, Uuid), Seen>;

impl<'a, P: Ports, S: Settle> Batch<'a, P, S> {
    pub(super) fn new(ports: &'a P, plan: &'a Plan, settle: &'a S, messages: usize) -> Self {
        let report = Report { messages, ..Report::default() };
        let started = ports.host().now();
        let (begun, refill) = (started, BTreeSet::new());
        Self { ports, plan, settle, started, begun, spawned: false, refill, report }
    }

    /// Claims, does and settles.
    pub(super) async fn run(&mut self) -> Result<(), PortError> {
        let session = self.ports.db().open().await?;
        let mut reply = session.claim(&self.plan.request).await?;
        self.ports.host().reached(Checkpoint::Claimed(&reply.held));
        self.settle_letters(&reply);
        let alone = self.settle_seen(&reply);
        let session =
            self.perform_together(session, std::mem::take(&mut reply.held), reply.now).await?;
        let session = self.put_off(session, &reply).await?;
        let session = self.perform_alone(session, alone).await?;
        self.send_more(&session).await;
        Ok(())
    }

    /// Judges what the platform gave up on. A body that cannot be kept never
    /// fails the jobs beside it: they are judged without it, and it comes back.
    pub(super) async fn bury(&mut self) -> Result<(), PortError> {
        let session = self.ports.db().open().await?;
        let judged = session.bury(&self.plan.request).await;
        let (died, kept) = match judged {
            Err(error @ PortError::Refused { .. }) if !self.plan.refused.is_empty() => {
                self.note(&error);
                let session = self.ports.db().open().await?;
                let without = ClaimRequest { letters: Vec::new(), ..self.plan.request.clone() };
                (session.bury(&without).await?, false)
            }
            judged => (judged?, true),
        };
        died.iter().for_each(|died| observe_death(self.ports, died));
        for index in 0..self.report.messages {
            if kept || !self.plan.refused.contains(&index) {
                self.settle.ack(index);
            } else {
                self.settle.retry(index, DATABASE_AWAY_DELAY_SECS);
                self.report.retried += 1;
            }
        }
        let letters = if kept { self.plan.refused.len() } else { 0 };
        self.report.dead_lettered = died.len() + letters;
        let told = self.report.dead_lettered + self.report.retried;
        self.report.deferred = self.report.messages.saturating_sub(told);
        Ok(())
    }

    /// The database ended this invocation, and no job did: as far as it can be
    /// said by now, none is charged for it.
    pub(super) async fn absolve(&mut self) {
        let absolved = match self.ports.db().open().await {
            Ok(session) => session.absolve(self.plan.request.token).await,
            Err(error) => Err(error),
        };
        if let Err(error) = absolved {
            self.note(&error);
        }
    }

    /// The batch's own effects, a transaction a type; job by job where the
    /// fault is one of theirs.
    async fn perform_together(
        &mut self,
        mut session: Session<P>,
        held: Vec<Held>,
        now: DateTime<Utc>,
    ) -> Result<Session<P>, PortError> {
        let mut by_type: BTreeMap<String, Vec<Held>> = BTreeMap::new();
        for held in held {
            by_type.entry(held.type_name.clone()).or_default().push(held);
        }
        for held in by_type.into_values() {
            let (next, apart) = self.attempt(session, &held, now).await?;
            session = next;
            if !apart {
                continue;
            }
            for one in &held {
                // The batch's claim was the invocation's first act.
                if self.ports.host().now() - self.started > ONE_BY_ONE_MAX {
                    self.retry_job(one.id, UNSETTLED_DELAY_SECS);
                    continue;
                }
                session = self.attempt(session, std::slice::from_ref(one), now).await?.0;
            }
        }
        Ok(session)
    }

    /// Puts off what only another build can do.
    async fn put_off(
        &mut self,
        session: Session<P>,
        reply: &ClaimReply,
    ) -> Result<Session<P>, PortError> {
        let waiting = || reply.seen.iter().filter(|seen| seen.next == Next::AnotherBuild);
        let ids: BTreeSet<Uuid> = waiting().map(|seen| seen.id).collect();
        if ids.is_empty() {
            return Ok(session);
        }
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let moved = session.put_off(self.plan.request.queue, &ids).await?;
        for seen in waiting() {
            let messages = self.ack_job(seen.id);
            match moved.iter().find(|(moved, _)| *moved == seen.id) {
                Some((_, PutOff::Snoozed)) => {
                    self.observe_seen(seen, "job.snoozed", "snoozed", Some("another_build"));
                    self.report.snoozed += messages;
                }
                Some((_, PutOff::DeadLettered)) => {
                    self.observe_death(seen, "unknown_type");
                    self.report.dead_lettered += messages;
                }
                // Somebody else moved it meanwhile.
                None => self.report.deferred += messages,
            }
        }
        Ok(session)
    }

    async fn perform_alone(
        &mut self,
        mut session: Session<P>,
        alone: Alone,
    ) -> Result<Session<P>, PortError> {
        for ((_, id), seen) in alone {
            let job_type = JobType::from_name(&seen.type_name);
            let lease_secs = job_type.map_or(LEASE_SECS_DEFAULT, |t| t.spec().lease_secs);
            if self.ports.host().now() - self.started > INVOCATION_MAX {
                self.retry_job(id, DATABASE_AWAY_DELAY_SECS);
                continue;
            }
            let (queue, token) = (self.plan.request.queue, self.plan.request.token);
            let request = AloneRequest { queue, id, token, lease_secs };
            match session.claim_alone(request).await? {
                AloneClaim::Held(held, now) => {
                    let held = [held];
                    self.ports.host().reached(Checkpoint::Claimed(&held));
                    session = self.attempt(session, &held, now).await?.0;
                }
                AloneClaim::DeadLettered => {
                    self.observe_death(&seen, "lease_expired");
                    self.report.dead_lettered += self.ack_job(id);
                }
                // Taken meanwhile, or locked for a moment: the next look tells.
                AloneClaim::NotDue => self.retry_job(id, LOCKED_DELAY_SECS),
            }
        }
        Ok(session)
    }

    /// Sends what effects enqueued, and what was held back until now. What fails is
    /// sent by the tick.
    async fn send_more(&mut self, session: &Session<P>) {
        if self.spawned
            && let Err(error) = send_due(self.ports, session).await
        {
            // A session is not used again after an error.
            return self.note(&error);
        }
        let organizations: Vec<&str> = self.refill.iter().map(String::as_str).collect();
        let queue = self.plan.request.queue;
        if !organizations.is_empty()
            && let Err(error) = send_held_back(self.ports, session, queue, &organizations).await
        {
            self.note(&error);
        }
    }

    /// Acknowledges what needs nothing and returns what waits for its turn.
    fn settle_seen(&mut self, reply: &ClaimReply) -> Alone {
        let mut alone = Alone::new();
        for seen in &reply.seen {
            match seen.next {
                Next::Nothing => {
                    let messages = self.ack_job(seen.id);
                    if seen.state.is_final() {
                        self.observe_seen(seen, "job.absorbed", "absorbed", None);
                        self.report.absorbed += messages;
                    } else {
                        self.report.deferred += messages;
                    }
                }
                Next::Alone => {
                    alone.insert((seen.was_alone, seen.id), seen.clone());
                }
                Next::Unlocked => self.retry_job(seen.id, LOCKED_DELAY_SECS),
                // Their turn comes in `put_off`.
                Next::AnotherBuild => {}
            }
        }
        alone
    }
}
