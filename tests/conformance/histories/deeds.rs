//! What operators do, as steps of a history. Each is an act of its own, some of
//! them under a key that others have too.

use mauntic_flows::ports::{
    Act, ByHand, CaseReplay, Dependency, Effect, JobStore, NewRun, OperatorStore, PortError,
    Repeat, ReplayOrder, RequestKey, RunStore, ScheduleStore,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::replies::Reply;
use crate::subject::{Subject, World, act};

/// What is done.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Cancel(Vec<Uuid>),
    OpenRun(NewRun),
    CancelRun(Uuid),
    EndRun(Uuid),
    RetryRun(Uuid),
    Pause(&'static str, Option<&'static str>),
    HandIn(ByHand),
    Replay(CaseReplay),
    Discard(Uuid),
    Order(ReplayOrder),
    EndReplay(Uuid),
    ResetBreaker,
    Refuse(&'static str, &'static str),
    Rehearse(Uuid, Box<Effect>),
}

impl Deed {
    /// The act, under a key if there is one. The same kind of deed is the same
    /// request.
    fn act(&self, key: Option<&str>) -> Act {
        let about = match self {
            Self::Cancel(_) => 1,
            Self::OpenRun(_) => 2,
            Self::CancelRun(_) => 3,
            Self::EndRun(_) => 4,
            Self::RetryRun(_) => 5,
            Self::Pause(..) => 6,
            Self::HandIn(_) => 7,
            Self::Replay(_) => 8,
            Self::Discard(_) => 9,
            Self::Order(_) => 10,
            Self::EndReplay(_) => 11,
            Self::ResetBreaker => 12,
            Self::Refuse(..) => 13,
            Self::Rehearse(..) => 14,
        };
        let key = key.map(|key| RequestKey {
            holder: "bootstrap".to_owned(),
            key: key.to_owned(),
            fingerprint: [about; 32],
            repeat: Repeat::default(),
        });
        Act { key, ..act() }
    }

    /// Every id that a database may have made.
    pub(super) fn ids(&mut self) -> Vec<&mut Uuid> {
        match self {
            Self::Cancel(ids) => ids.iter_mut().collect(),
            Self::Replay(replay) => vec![&mut replay.id],
            Self::Discard(id) => vec![id],
            Self::Rehearse(id, effect) => {
                let jobs = effect.jobs.iter_mut().map(|job| &mut job.id);
                let scores = effect.scores.iter_mut().map(|score| &mut score.job_id);
                let events = effect.events.iter_mut().map(|event| &mut event.job_id);
                jobs.chain(scores).chain(events).chain([id]).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Does it in a session of its own.
    pub(super) async fn apply<S: Subject>(
        self,
        world: &World<S>,
        key: Option<&str>,
    ) -> Result<Value, PortError> {
        let op = world.acting(self.act(key)).await;
        match self {
            Self::Cancel(ids) => op.cancel(&ids).await.map(|ids| json!(ids)),
            Self::OpenRun(run) => op.open_run(&run, "manual").await.map(Reply::value),
            Self::CancelRun(id) => op.cancel_run(id).await.map(|count| json!(count)),
            Self::EndRun(id) => op.end_run(id).await.map(|ended| json!(ended)),
            Self::RetryRun(id) => op.retry_run(id).await.map(|retried| json!(retried)),
            Self::Pause(key, note) => op.pause(key, note).await.map(|it| json!(it)),
            Self::HandIn(asked) => op.hand_in(&asked).await.map(|handed| json!(handed)),
            Self::Replay(replay) => op.replay_case(&replay).await.map(|it| json!(it)),
            Self::Discard(id) => op.discard(id).await.map(|it| json!(it)),
            Self::Order(order) => op.order_replay(&order).await.map(|row| json!(row)),
            Self::EndReplay(id) => op.end_replay(id).await.map(|ended| json!(ended)),
            Self::ResetBreaker => {
                op.reset_breaker(Dependency::AlertWebhook).await.map(|()| json!(null))
            }
            Self::Refuse(target, code) => {
                op.note_refusal("cron.run", target, code).await.map(|written| json!(written))
            }
            Self::Rehearse(id, effect) => {
                op.rehearse(id, &effect).await.map(|it| json!(format!("{it:?}")))
            }
        }
    }
}
