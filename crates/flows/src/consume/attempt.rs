//! One attempt at held jobs: decide, commit, and move what is not done.

use chrono::{DateTime, Utc};
use mauntic_domain::overnight::CHUNKS_OPEN;
use uuid::Uuid;

use super::batch::{Batch, Session};
use super::{CONTENTION_REPEATS_MAX, REPEATED_WITHIN, Settle, UNSETTLED_DELAY_SECS};
use crate::jobs::{self, BUSY, Context, Decision, Outcome};
use crate::ports::{
    Checkpoint, Committed, Database, EffectStore, Held, Host, JobStore, Night, NightEnd,
    NightStore, PortError, Ports, SetBackJob, Setback,
};
use crate::traces;

impl<P: Ports, S: Settle> Batch<'_, P, S> {
    /// Does jobs of one type in one effect transaction. True where they are to
    /// be done one by one instead, because the fault is one of theirs.
    pub(super) async fn attempt(
        &mut self,
        mut session: Session<P>,
        held: &[Held],
        now: DateTime<Utc>,
    ) -> Result<(Session<P>, bool), PortError> {
        let apart = held.len() > 1;
        self.begun = self.ports.host().now();
        for _ in 0..=CONTENTION_REPEATS_MAX {
            let (decision, committed) = self.decide_and_commit(&session, held, now).await;
            if let (Some(decision), Ok(Committed::Done { superseded, refill })) =
                (&decision, &committed)
            {
                if *refill {
                    self.refill.extend(held.iter().filter_map(|one| one.organization_id.clone()));
                }
                let session = self.settle_decision(session, held, decision, *superseded).await?;
                return Ok((session, false));
            }
            // A session is not used again after an error.
            session = self.ports.db().open().await?;
            let error = match committed {
                Err(error) => error,
                Ok(Committed::Busy) if !apart => {
                    return Ok((self.set_back_all(session, held, now, Some(BUSY)).await?, false));
                }
                Ok(_) => {
                    if !apart {
                        // Whoever took the lease over answers for the job.
                        self.settle_deferred(held);
                    }
                    return Ok((session, apart));
                }
            };
            self.note(&error);
            match error {
                PortError::Contention { .. } => {
                    if self.ports.host().now() - self.begun > REPEATED_WITHIN {
                        break;
                    }
                }
                PortError::Unavailable { .. } => {
                    return Ok((self.hand_back(session, held).await?, false));
                }
                PortError::Unknown { .. } => {
                    let decision = decision.as_ref();
                    return Ok((self.settle_unknown(session, held, decision).await?, false));
                }
                _ if apart => return Ok((session, true)),
                error => {
                    let outcome = Outcome::of_error(&error);
                    return Ok((self.set_back_all(session, held, now, outcome).await?, false));
                }
            }
        }
        let contention = PortError::Contention { what: "the effect", cause: String::new() };
        let outcome = Outcome::of_error(&contention);
        Ok((self.set_back_all(session, held, now, outcome).await?, false))
    }

    async fn decide_and_commit(
        &self,
        session: &Session<P>,
        held: &[Held],
        now: DateTime<Utc>,
    ) -> (Option<Decision>, Result<Committed, PortError>) {
        let cx = Context { ports: self.ports, session, now, begun: self.begun };
        let decision = match jobs::decide(&cx, held).await {
            Ok(decision) => decision,
            Err(error) => return (None, Err(error)),
        };
        if decision.effect.jobs.is_empty() {
            return (Some(decision), Ok(Committed::Done { superseded: 0, refill: false }));
        }
        let committed = session.commit(&decision.effect).await;
        (Some(decision), committed)
    }

    /// The answer to COMMIT is lost. Nothing is written that moves the jobs; their rows
    /// will tell. If they were not done, that is no failure of their own.
    async fn settle_unknown(
        &mut self,
        mut session: Session<P>,
        held: &[Held],
        decision: Option<&Decision>,
    ) -> Result<Session<P>, PortError> {
        if let Err(error) = session.absolve(self.plan.request.token).await {
            self.note(&error);
            session = self.ports.db().open().await?;
        }
        for held in held {
            self.observe(held, "job.unknown", "unknown", Some("commit_unknown"));
            self.retry_job(held.id, UNSETTLED_DELAY_SECS);
        }
        if let Some(decision) = decision.filter(|_| self.ports.host().is_traced())
            && let Err(error) = self.trace_ends(&session, held, decision).await
        {
            self.note(&error);
            session = self.ports.db().open().await?;
        }
        Ok(session)
    }

    /// Tells the ends of nights that were committed though no answer said so: nobody else
    /// would, as whoever comes again finds them ended.
    async fn trace_ends(
        &self,
        session: &Session<P>,
        held: &[Held],
        decision: &Decision,
    ) -> Result<(), PortError> {
        for end in traces::ends(&decision.effect) {
            let night = session.night(end.run_id).await?;
            let is_this = |night: &Night| {
                night.status == end.status && night.completed_at == Some(end.completed_at)
            };
            if night.is_some_and(|night| is_this(&night)) {
                self.trace_end(held, end);
            }
        }
        Ok(())
    }

    fn trace_end(&self, held: &[Held], end: &NightEnd) {
        if let Some(held) = held.iter().find(|held| held.run_id == Some(end.run_id)) {
            self.ports.host().trace(traces::ended(end, held));
        }
    }

    /// The effect is committed: acknowledges what is done, moves the rest.
    async fn settle_decision(
        &mut self,
        session: Session<P>,
        held: &[Held],
        decision: &Decision,
        superseded: usize,
    ) -> Result<Session<P>, PortError> {
        if !decision.effect.jobs.is_empty() {
            self.ports.host().reached(Checkpoint::Committed);
        }
        self.report.superseded += superseded;
        self.spawned |= decision.wakes || decision.effect.enqueued().next().is_some();
        for done in &decision.effect.jobs {
            let messages = self.ack_job(done.id);
            self.report.completed += 1;
            self.report.absorbed += messages.saturating_sub(1);
            if let Some(held) = held.iter().find(|held| held.id == done.id) {
                self.observe_told(held, "job.completed", "completed", None, Some(&done.summary));
            }
        }
        if self.ports.host().is_traced() {
            traces::ends(&decision.effect).for_each(|end| self.trace_end(held, end));
        }
        let setbacks = decision.setbacks(|| self.ports.host().random());
        self.set_back(session, held, setbacks).await
    }

    /// Moves all of them for one outcome, if it says that anything moves.
    async fn set_back_all(
        &mut self,
        session: Session<P>,
        held: &[Held],
        now: DateTime<Utc>,
        outcome: Option<Outcome>,
    ) -> Result<Session<P>, PortError> {
        let host = self.ports.host();
        let of = |held: &Held| {
            let setback = outcome.clone()?.setback(held, now, host.random())?;
            Some(SetBackJob { id: held.id, claim: held.claim, setback })
        };
        let mut setbacks: Vec<SetBackJob> = held.iter().filter_map(of).collect();
        setbacks.sort_by_key(|job| job.id);
        self.set_back(session, held, setbacks).await
    }

    async fn set_back(
        &mut self,
        mut session: Session<P>,
        held: &[Held],
        setbacks: Vec<SetBackJob>,
    ) -> Result<Session<P>, PortError> {
        if setbacks.is_empty() {
            return Ok(session);
        }
        let mut reason = "unavailable";
        for _ in 0..=CONTENTION_REPEATS_MAX {
            let error = match session.set_back(&setbacks).await {
                Ok(moved) => {
                    self.settle_setbacks(held, &setbacks, &moved);
                    return Ok(session);
                }
                Err(error) => error,
            };
            self.note(&error);
            session = self.ports.db().open().await?;
            reason = error.code();
            if !matches!(error, PortError::Contention { .. }) {
                break;
            }
        }
        // Moved or not: the message comes back, and the row will tell.
        for job in &setbacks {
            let held = held.iter().find(|held| held.id == job.id);
            held.iter().for_each(|held| self.observe(held, "job.unknown", "unknown", Some(reason)));
            self.retry_job(job.id, UNSETTLED_DELAY_SECS);
        }
        Ok(session)
    }

    fn settle_setbacks(&mut self, held: &[Held], setbacks: &[SetBackJob], moved: &[Uuid]) {
        for job in setbacks {
            let Some(held) = held.iter().find(|held| held.id == job.id) else { continue };
            if moved.contains(&job.id) {
                self.settle_setback(held, &job.setback);
            } else {
                self.settle_deferred(std::slice::from_ref(held));
            }
        }
    }

    /// They were not tried: that is no failure of theirs.
    async fn hand_back(
        &mut self,
        session: Session<P>,
        held: &[Held],
    ) -> Result<Session<P>, PortError> {
        for held in held {
            if session.hand_back(held).await? {
                self.observe(held, "job.handed_back", "handed_back", Some("unavailable"));
            }
            self.retry_job(held.id, super::DATABASE_AWAY_DELAY_SECS);
        }
        Ok(session)
    }

    fn settle_setback(&mut self, held: &Held, setback: &Setback) {
        match setback {
            Setback::Failed { wait, reason, .. } => {
                self.report.failed += 1;
                self.observe(held, "job.failed", "failed", Some(reason));
                self.retry_after(held.id, *wait);
            }
            Setback::Snoozed { wait, reason } => {
                self.report.snoozed += 1;
                // It may be due at once: the last chunk was done meanwhile.
                self.spawned |= *reason == CHUNKS_OPEN;
                self.observe(held, "job.snoozed", "snoozed", Some(reason));
                self.snooze_message(held.id, *wait);
            }
            Setback::Dead { reason, .. } => {
                self.report.dead_lettered += 1;
                self.observe(held, "job.dead_lettered", "dead_lettered", Some(reason));
                self.ack_job(held.id);
            }
        }
    }
}
