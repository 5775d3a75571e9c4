//! What is said about messages, and about jobs.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::jobs::retry::message_delay_secs;
use serde_json::Value;
use uuid::Uuid;

use super::batch::Batch;
use super::{DATABASE_AWAY_DELAY_SECS, LOCKED_DELAY_SECS, SNOOZE_MESSAGE_SECS_MAX, Settle};
use crate::ports::{ClaimReply, Held, Host, PortError, Ports, Seen, Transition};
use crate::traces;

impl<P: Ports, S: Settle> Batch<'_, P, S> {
    /// Messages that are no jobs: kept as dead letters, or joined to the job
    /// that their key stands for.
    pub(super) fn settle_letters(&mut self, reply: &ClaimReply) {
        let kept = reply.missing.iter().chain(&reply.conflicts);
        let kept = kept.flat_map(|id| self.plan.deliveries_of(*id));
        let kept: Vec<usize> = self.plan.refused.iter().copied().chain(kept).collect();
        for index in kept {
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
        for id in &reply.joined {
            self.report.absorbed += self.ack_job(*id);
        }
        self.retry_lost(reply);
    }

    /// A job whose row, or whose key's holder, came or went between two
    /// statements is in no list: the next look tells.
    fn retry_lost(&mut self, reply: &ClaimReply) {
        let told: BTreeSet<Uuid> = reply
            .held
            .iter()
            .map(|held| held.id)
            .chain(reply.seen.iter().map(|seen| seen.id))
            .chain([&reply.missing, &reply.joined, &reply.conflicts].into_iter().flatten().copied())
            .collect();
        let lost: Vec<Uuid> = self.plan.jobs().filter(|id| !told.contains(id)).collect();
        lost.into_iter().for_each(|id| self.retry_job(id, LOCKED_DELAY_SECS));
    }

    /// Somebody else answers for these jobs.
    pub(super) fn settle_deferred(&mut self, held: &[Held]) {
        for held in held {
            self.observe(held, "job.lost", "lost", Some("lease_lost"));
            self.report.deferred += self.ack_job(held.id);
        }
    }

    pub(super) fn ack_job(&self, id: Uuid) -> usize {
        self.plan.deliveries_of(id).map(|index| self.settle.ack(index)).count()
    }

    pub(super) fn retry_job(&mut self, id: Uuid, delay_secs: u32) {
        let settle = |index| self.settle.retry(index, delay_secs);
        self.report.retried += self.plan.deliveries_of(id).map(settle).count();
    }

    /// One message comes back when the job is due; a second of the same job
    /// would only be absorbed.
    pub(super) fn retry_after(&mut self, id: Uuid, wait: TimeDelta) {
        let mut deliveries = self.plan.deliveries_of(id);
        if let Some(first) = deliveries.next() {
            self.settle.retry(first, message_delay_secs(wait));
            self.report.retried += 1;
        }
        deliveries.for_each(|index| self.settle.ack(index));
    }

    /// A long wait is the tick's: a message that is delayed for long spends one
    /// of its deliveries for nothing.
    pub(super) fn snooze_message(&mut self, id: Uuid, wait: TimeDelta) {
        if wait <= TimeDelta::seconds(SNOOZE_MESSAGE_SECS_MAX) {
            self.retry_after(id, wait);
        } else {
            self.ack_job(id);
        }
    }

    pub(super) fn note(&mut self, error: &PortError) {
        self.report.error.get_or_insert_with(|| error.clone());
    }

    pub(super) fn observe(
        &self,
        held: &Held,
        event: &'static str,
        outcome: &'static str,
        reason: Option<&str>,
    ) {
        self.observe_told(held, event, outcome, reason, None);
    }

    /// The same, with what the receipt tells.
    pub(super) fn observe_told(
        &self,
        held: &Held,
        event: &'static str,
        outcome: &'static str,
        reason: Option<&str>,
        told: Option<&Value>,
    ) {
        let host = self.ports.host();
        let transition = Transition {
            event,
            queue: self.plan.request.queue.name().to_owned(),
            job_type: held.type_name.clone(),
            job_id: held.id,
            execution_id: held.run_id,
            request_id: held.request_id.clone(),
            attempt: held.claim,
            duration_ms: (host.now() - self.begun).num_milliseconds(),
            outcome,
            reason: reason.map(ToOwned::to_owned),
        };
        host.observe(&transition);
        if host.is_traced() {
            host.trace(traces::attempt(&transition, held.starter, told, self.begun));
        }
    }

    /// A job that died without an attempt of this invocation.
    pub(super) fn observe_death(&self, seen: &Seen, reason: &str) {
        self.observe_seen(seen, "job.dead_lettered", "dead_lettered", Some(reason));
    }

    /// A job that this invocation does not hold: its row says the rest.
    pub(super) fn observe_seen(
        &self,
        seen: &Seen,
        event: &'static str,
        outcome: &'static str,
        reason: Option<&str>,
    ) {
        self.ports.host().observe(&Transition {
            event,
            queue: self.plan.request.queue.name().to_owned(),
            job_type: seen.type_name.clone(),
            job_id: seen.id,
            execution_id: None,
            request_id: None,
            attempt: 0,
            duration_ms: 0,
            outcome,
            reason: reason.map(ToOwned::to_owned),
        });
    }
}
