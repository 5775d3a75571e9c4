//! The operations, as the store does them: never a copy of its statements.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, CaseReplay, ClaimRequest, Committed, EffectStore, JobKey, JobStore,
    NewJob, Next, OperatorStore, PortError, RelayStore, RunStore, ScheduleStore, TenantStore,
};
use mauntic_store::Session;
use uuid::Uuid;

use crate::scene::{
    AGAIN, CASE, CONTACTS, DEAD, JOINED, KEY, OTHER, RUN, SHARED, SPAWNED, Scene, Stage, TOKENS,
};
use crate::values::{contact, owner, score_contact};

/// A way to do an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Claims a batch that overlaps with the other's, in the other direction.
    Claim,
    /// The same, and reads what the jobs are about.
    ClaimAndRead,
    /// Commits the shared job's effect: scores, a further job, the run.
    Effect,
    /// Sets the shared job back as failed; due again at once.
    RetryFailed,
    /// The same as a dead letter.
    RetryDead,
    /// Claims the shared job alone.
    Rescue,
    /// Cancels the run.
    CancelRun,
    /// The same, while nothing of it is queued yet.
    CancelPlanned,
    /// Cancels jobs by their ids.
    CancelJobs,
    /// Replays a dead letter's job.
    Replay,
    /// Enqueues the shared job's content under its key.
    EnqueueSame,
    /// Enqueues other content under its key.
    EnqueueOther,
    /// Stores features, whose job joins the queued one.
    Coalesce,
    /// Commits the effect of the run's last job.
    Finalize,
    /// Writes what was judged of the schedule.
    Occurrence,
    /// Commits another job's scores of the same contacts.
    Score,
    /// Recounts runs without progress.
    Recount,
    /// Goes one step with a replay of every open case.
    Slice,
    /// Replays the shared job's case, as an operator.
    ReplayCase,
    /// Discards it.
    Discard,
    /// Retries the run's dead jobs, as an operator.
    RetryRun,
    /// Cancels the run, as an operator.
    EndRun,
}

/// Connections of one operation; all lead to its own port of the proxy, or to
/// the database itself.
#[derive(Debug)]
pub(crate) struct Actor {
    /// As the HTTP worker.
    pub(crate) http: Session,
    /// As the queue worker.
    pub(crate) queue: Session,
    /// As the HTTP worker for an operator.
    pub(crate) op: Session,
    /// As the owner, for statements that are no store's.
    pub(crate) owner: tokio_postgres::Client,
}

/// What an operation answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    /// Jobs claimed, with their claims.
    pub(crate) held: BTreeSet<(Uuid, i32)>,
    /// Anything else.
    pub(crate) said: String,
    /// Jobs that a lock may have kept from it; their messages come back.
    pub(crate) kept: Vec<Uuid>,
    /// The version of the first contact's features that the joined job is done with.
    pub(crate) read: Option<i64>,
}

impl Form {
    /// Whether it is one statement, or waits for nobody after its first: then it
    /// overlaps with its like only behind a gate.
    pub(crate) fn is_short(self) -> bool {
        matches!(
            self,
            Self::Claim
                | Self::RetryFailed
                | Self::RetryDead
                | Self::Rescue
                | Self::CancelJobs
                | Self::Replay
        )
    }
}

impl Answer {
    fn said(said: impl std::fmt::Debug) -> Self {
        Self { said: format!("{said:?}"), ..Self::default() }
    }
}

/// An operation on a scene.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    /// How.
    pub(crate) form: Form,
    /// Which of the two it is, 0 or 1.
    pub(crate) side: usize,
    /// Of the shared job.
    pub(crate) stage: Stage,
    /// Whether the schedule has its row.
    pub(crate) is_judged: bool,
}

impl Act {
    /// Both operations of a scene.
    pub(crate) fn both(scene: &Scene) -> [Self; 2] {
        let (stage, is_judged) = (scene.stage, scene.is_judged);
        [0, 1].map(|side| Self { form: scene.forms[side], side, stage, is_judged })
    }

    /// Does it.
    pub(crate) async fn perform(&self, actor: &Actor) -> Result<Answer, PortError> {
        let (queue, http) = (&actor.queue, &actor.http);
        match self.form {
            Form::Claim | Form::ClaimAndRead => {
                let token = TOKENS[self.side];
                let answer = self.claim(queue, token, &[OTHER, SHARED, JOINED]).await?;
                if self.form == Form::Claim || answer.held.iter().all(|(id, _)| *id != JOINED) {
                    return Ok(answer);
                }
                self.read(queue, answer).await
            }
            Form::Effect | Form::Finalize | Form::Score => {
                // Whether others may be sent is advice of a moment, not an outcome.
                let committed = queue.commit(&self.effect()).await?;
                Ok(Answer::said(match committed {
                    Committed::Done { superseded, .. } => {
                        Committed::Done { superseded, refill: false }
                    }
                    other => other,
                }))
            }
            Form::RetryFailed | Form::RetryDead => {
                queue.set_back(&[self.setback()]).await.map(Answer::said)
            }
            Form::Rescue => self.rescue(queue).await,
            Form::CancelRun | Form::CancelPlanned => queue.cancel_run(RUN).await.map(Answer::said),
            Form::CancelJobs => queue.cancel(&[JOINED, SHARED, OTHER]).await.map(Answer::said),
            Form::Replay => {
                let id = if self.stage == Stage::Dead { SHARED } else { DEAD };
                queue.replay(id).await.map(Answer::said)
            }
            Form::EnqueueSame => self.enqueue(http, CONTACTS[0]).await,
            Form::EnqueueOther => self.enqueue(http, CONTACTS[1]).await,
            Form::Coalesce => self.put_features(http).await,
            Form::Occurrence => queue.write_judged(&self.judged()).await.map(Answer::said),
            Form::Recount => {
                queue.recount(TimeDelta::minutes(25), 10).await.map(|_| Answer::default())
            }
            Form::Slice => {
                let advanced = queue.advance_replays(TimeDelta::minutes(1), None).await?;
                Ok(Answer::said((advanced.released, advanced.ended)))
            }
            Form::ReplayCase => {
                let replay = CaseReplay {
                    id: CASE,
                    content: None,
                    fresh_id: SPAWNED[self.side],
                    idempotency_key: None,
                };
                actor.op.replay_case(&replay).await.map(Answer::said)
            }
            Form::Discard => actor.op.discard(CASE).await.map(Answer::said),
            Form::RetryRun => actor.op.retry_run(RUN).await.map(Answer::said),
            Form::EndRun => actor.op.end_run(RUN).await.map(Answer::said),
        }
    }

    /// What a lock kept from it comes back with its message, when all is quiet.
    pub(crate) async fn again(&self, actor: &Actor, answer: Answer) -> Result<Answer, PortError> {
        if answer.kept.is_empty() {
            return Ok(answer);
        }
        if self.form == Form::Rescue {
            return self.rescue(&actor.queue).await;
        }
        let mut later = self.claim(&actor.queue, AGAIN[self.side], &answer.kept).await?;
        if self.form == Form::ClaimAndRead && later.held.iter().any(|(id, _)| *id == JOINED) {
            later = self.read(&actor.queue, later).await?;
        }
        later.held.extend(answer.held);
        later.read = later.read.or(answer.read);
        Ok(later)
    }

    async fn claim(&self, queue: &Session, token: Uuid, ids: &[Uuid]) -> Result<Answer, PortError> {
        let mut addresses: Vec<(Uuid, String)> =
            ids.iter().map(|id| (*id, format!("message of {id}"))).collect();
        if self.side == 1 {
            addresses.reverse();
        }
        let request = ClaimRequest {
            queue: Queue::ScoringEvents,
            token,
            addresses,
            shorts: Vec::new(),
            letters: Vec::new(),
            messages: 3,
            repeated: 0,
            expects_others: false,
            types: vec![JobType::CalculateScore],
            also_batched: Vec::new(),
        };
        let reply = queue.claim(&request).await?;
        assert!(reply.missing.is_empty() && reply.letters.is_ok(), "{reply:?}");
        let unlocked = reply.seen.iter().filter(|seen| seen.next == Next::Unlocked);
        Ok(Answer {
            held: reply.held.iter().map(|held| (held.id, held.claim)).collect(),
            kept: unlocked.map(|seen| seen.id).collect(),
            ..Answer::default()
        })
    }

    async fn read(&self, queue: &Session, answer: Answer) -> Result<Answer, PortError> {
        let key = (owner(), contact(CONTACTS[0]));
        let inputs = queue.score_inputs(std::slice::from_ref(&key)).await?;
        let version = inputs.contacts[&key].as_ref().unwrap().input_version;
        Ok(Answer { read: Some(version), ..answer })
    }

    async fn rescue(&self, queue: &Session) -> Result<Answer, PortError> {
        let (id, token) = (SHARED, TOKENS[self.side]);
        let request = AloneRequest { queue: Queue::ScoringEvents, id, token, lease_secs: 60 };
        Ok(match queue.claim_alone(request).await? {
            AloneClaim::Held(held, _) => {
                Answer { held: BTreeSet::from([(held.id, held.claim)]), ..Answer::default() }
            }
            AloneClaim::DeadLettered => Answer::said("dead"),
            AloneClaim::NotDue => Answer { kept: vec![id], ..Answer::said("not due") },
        })
    }

    async fn enqueue(&self, http: &Session, about: &str) -> Result<Answer, PortError> {
        let key = JobKey::Idempotent(KEY.to_owned());
        let new = NewJob { job: score_contact(about), key, request_id: "r".to_owned() };
        match http.enqueue(&owner(), &[new], None).await {
            Ok(jobs) => {
                assert_eq!(jobs.len(), 1, "a job an answer");
                Ok(Answer::said((jobs[0].id, jobs[0].created, jobs[0].state)))
            }
            Err(PortError::KeyConflict) => Ok(Answer::said("conflict")),
            Err(error) => Err(error),
        }
    }

    async fn put_features(&self, http: &Session) -> Result<Answer, PortError> {
        let features =
            Features { has_email: self.side == 0, has_phone: true, ..Features::default() };
        let key = JobKey::Coalesce(CONTACTS[0].to_owned());
        let new = NewJob { job: score_contact(CONTACTS[0]), key, request_id: "r".to_owned() };
        let contact = contact(CONTACTS[0]);
        let stored = http.put_features(&owner(), &contact, &features, &new).await?;
        Ok(Answer::said((stored.input_version, stored.job.id, stored.job.created)))
    }
}
