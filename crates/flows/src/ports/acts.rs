//! What operators do, and what came of it. What came of a change is kept as the
//! answer to its request's key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::replays::Terms;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CaseFilter, NewRun};

/// A request that is answered once: the same key with the same fingerprint gets
/// the first answer again, with another one it is refused
/// ([`super::PortError::KeyConflict`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asks: a key's id, or `bootstrap`.
    pub holder: String,
    /// The `Idempotency-Key`, 1 to 200 characters.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: [u8; 32],
    /// Where the store tells that the answer is an earlier request's.
    pub repeat: Repeat,
}

/// Whether an answer was given before, told by the store to whoever made the
/// request's key; clones are the same. It goes with the key, so that no answer of
/// a port has to carry what only the header is for.
#[derive(Debug, Clone, Default)]
pub struct Repeat(Arc<AtomicBool>);

impl Repeat {
    /// The answer is an earlier request's.
    pub fn tell(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is told of a key is no part of what it stands for.
impl PartialEq for Repeat {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Repeat {}

/// Who changes something by hand, and why: every change is written with it, in
/// one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// A key's id, or `bootstrap`.
    pub actor: String,
    /// Why, in the actor's words; at most 500 characters.
    pub reason: Option<String>,
    /// Correlation id of the request.
    pub request_id: String,
    /// The request's key, if it has one.
    pub key: Option<RequestKey>,
}

/// A case to be replayed.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReplay {
    /// The case.
    pub id: Uuid,
    /// In place of its data, of the same type; a case without a job needs it.
    pub content: Option<Job>,
    /// Id of the job of a case that has none.
    pub fresh_id: Uuid,
    /// Key of that job, as its body has it: another job may have it by now.
    pub idempotency_key: Option<String>,
}

/// What came of replaying a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum CaseReplayed {
    /// Its job is queued, its budget whole; its run, if any, is open again.
    Queued {
        /// The job.
        job_id: Uuid,
    },
    /// There is no such case.
    Unknown,
    /// It is decided, or its job is no dead letter any more.
    NotDead,
    /// A job with its idempotency key was enqueued since; one effect is enough.
    KeyTaken,
    /// It has no job, and no content was given.
    NoContent,
    /// Its job has another type than the content.
    OtherType {
        /// The job's.
        type_name: String,
    },
    /// Its job has another organization than the content.
    OtherOrganization,
}

/// What came of discarding a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discarded {
    /// It is decided; its job stays a dead letter.
    Done,
    /// There is no such case.
    Unknown,
    /// It was decided before.
    NotOpen,
}

/// A replay of many that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayOrder {
    /// Fresh id.
    pub id: Uuid,
    /// Which open cases, of those that are there now.
    pub filter: CaseFilter,
    /// How.
    pub terms: Terms,
}

/// What came of cancelling a run or a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Ended {
    /// It is ending; so many of its jobs were cancelled.
    Done {
        /// Jobs; 0 for a replay, whose jobs that were released go on.
        jobs: u64,
    },
    /// There is none.
    Unknown,
    /// It was over before.
    Over {
        /// Its status by name.
        status: String,
    },
}

/// What came of retrying a run's dead jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Retried {
    /// They are queued again.
    Done {
        /// How many.
        jobs: u64,
        /// Dead jobs whose key another job has since.
        refused: u64,
        /// Dead jobs whose case was discarded: they stay dead letters. An answer
        /// of the build before has none.
        #[serde(default)]
        discarded: u64,
    },
    /// There is no such run.
    Unknown,
    /// None of its jobs is a dead letter whose case is open.
    NoneDead,
}

/// A job asked for by hand, in a run of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct ByHand {
    /// The run, not exclusive, and the job.
    pub run: NewRun,
    /// Key under which the job exists at most once.
    pub idempotency_key: Option<String>,
}

impl ByHand {
    /// The night that its job is to repeat, if it is to repeat one.
    #[must_use]
    pub fn repeats(&self) -> Option<Uuid> {
        let start = Some(&self.run.start).filter(|start| start.job_type == JobType::OvernightStart);
        start?.data.get("retryOf")?.as_str()?.parse().ok()
    }
}

/// What came of enqueuing by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Handed {
    /// It is queued; under a request's key it may be so since then.
    Queued {
        /// Its run.
        run_id: Uuid,
        /// It.
        job_id: Uuid,
    },
    /// A job with its key and the same content is there already.
    Exists {
        /// That job.
        job_id: Uuid,
        /// Its run.
        run_id: Option<Uuid>,
        /// Its state by name.
        state: String,
    },
    /// The night that it is to repeat goes on; nothing was queued.
    NightGoesOn {
        /// That night.
        night: Uuid,
    },
}

/// Jobs that a replay released, or what ended it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advanced {
    /// Jobs queued again.
    pub released: u64,
    /// Replays that are over now, with their status.
    pub ended: Vec<(Uuid, &'static str)>,
}
