//! The values of an effect: all that one transaction writes behind the fence.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::analytics::{RollUp, Window};
use mauntic_domain::ids::{ContactId, EventId, OrganizationId};
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::{ContactRange, OrganizationRange};
use mauntic_domain::scoring::{Config, Features, Score, Signal};
use mauntic_domain::trace::TraceContext;
use uuid::Uuid;

use super::{
    CheckPlan, DriftWrite, NewMatches, NightWrite, PortError, RebuildWrite, SettlementWrite,
    VerificationWrite,
};

/// Most signals that one job scores by: read and decoded they are some 20 MiB of the
/// 64 that an isolate may take. A planned range has ten a contact on the average.
pub const SIGNALS_SCORED_MAX: usize = 50_000;

/// A contact of an organization; sorts as the primary keys do.
pub type ContactKey = (OrganizationId, ContactId);

/// A signal of an organization; sorts as the primary key does.
pub type SignalKey = (OrganizationId, ContactId, EventId);

/// A contact's features and signals, and their version.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactInput {
    /// The features.
    pub features: Features,
    /// Its signals that count and were not archived.
    pub signals: Vec<Signal>,
    /// Raised by every writer of features and signals.
    pub input_version: i64,
}

/// What a stored score is told by, to find whether a new one is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentScore {
    /// See [`Score::digest`].
    pub digest: i64,
    /// Version of the inputs it was computed from.
    pub input_version: i64,
    /// Version of the configuration it was computed from.
    pub config_version: i64,
}

/// How all contacts are to be scored: in ranges, by one state of all
/// configurations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangePlan {
    /// Consecutive and without gaps.
    pub ranges: Vec<ContactRange>,
    /// The newest publication of any organization; chunks that name it see that
    /// and what was before it, whatever is published meanwhile.
    pub config_epoch: i64,
}

/// What was read for a set of contacts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreInputs {
    /// The known contacts among those asked for; an error where the stored
    /// features cannot be read.
    pub contacts: BTreeMap<ContactKey, Result<ContactInput, PortError>>,
    /// Configuration and its version, of every organization asked for that
    /// has one. Of the same snapshot as the features, so that pairs of versions
    /// can be put in order.
    pub configs: BTreeMap<OrganizationId, Result<(Config, i64), PortError>>,
    /// The stored scores of a range's contacts; none of contacts that were asked
    /// for by name, which are written in any case.
    pub current: BTreeMap<ContactKey, CurrentScore>,
    /// Whether there are more signals than [`SIGNALS_SCORED_MAX`], so that some are
    /// left out: nothing may be scored by it; ask for fewer contacts. Of a single
    /// contact that is an error of its own instead.
    pub truncated: bool,
}

impl ScoreInputs {
    /// These, of which not all signals were read. Where they are one contact's, that
    /// is its own error: there is nothing to ask for less of.
    #[must_use]
    pub fn left_out(mut self, signals_max: usize) -> Self {
        self.truncated = self.contacts.len() > 1;
        if !self.truncated {
            for only in self.contacts.values_mut() {
                let place = format!("there are more than {signals_max}");
                *only = Err(PortError::Unreadable { what: "a contact's signals", place });
            }
        }
        self
    }
}

/// A score to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreWrite {
    /// Whose.
    pub contact: ContactKey,
    /// The score.
    pub score: Score,
    /// Version of the features it was computed from.
    pub input_version: i64,
    /// Version of the configuration it was computed from; 0 for none.
    pub config_version: i64,
    /// The job that computed it.
    pub job_id: Uuid,
}

/// A job that the effect completes.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedJob {
    /// The job.
    pub id: Uuid,
    /// The attempt that holds it.
    pub claim: i32,
    /// The run that counts it.
    pub run_id: Option<Uuid>,
    /// What became of it, for its receipt.
    pub summary: serde_json::Value,
}

/// A job that the effect enqueues, in the run of the job that asks for it. It
/// is to be sent at once.
#[derive(Debug, Clone, PartialEq)]
pub struct SpawnedJob {
    /// Fresh id.
    pub id: Uuid,
    /// Type and data.
    pub job: Job,
    /// Where there is one, nothing is enqueued if a job with it stands: one that is not a
    /// dead letter and was not cancelled.
    pub idempotency_key: Option<String>,
    /// The run it belongs to; its total grows by it.
    pub run_id: Option<Uuid>,
    /// Correlation id.
    pub request_id: Option<String>,
    /// The span that starts it, where one is known.
    pub starter: Option<TraceContext>,
}

/// A domain event that the effect puts into the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Type, such as `scoring.LeadScoreUpdated`.
    pub event_type: &'static str,
    /// Whose.
    pub organization_id: Option<String>,
    /// What happened.
    pub data: serde_json::Value,
    /// The job whose effect it is.
    pub job_id: Uuid,
    /// Correlation id.
    pub request_id: Option<String>,
}

/// A notification that is known to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentNotification {
    /// What it was about.
    pub subject: String,
    /// Its kind.
    pub kind: &'static str,
    /// The sender's token.
    pub token: Uuid,
}

/// A roll-up that the effect does. The store finds what its window touched, for
/// that is only known behind the days' locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollUpWrite {
    /// What is counted.
    pub roll_up: RollUp,
    /// Of which events and days.
    pub window: Window,
    /// Of which organizations.
    pub organizations: OrganizationRange,
    /// The job that counts; the days that it counts are marked with it.
    pub job_id: Uuid,
}

/// The decided effect of one or more jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The database's time at the claim; the history's day follows from it.
    pub now: DateTime<Utc>,
    /// Completed by this transaction, sorted by id.
    pub jobs: Vec<CompletedJob>,
    /// Scores: one a contact, sorted by key. Where a grade changes, the store
    /// adds the event `scoring.LeadScoreUpdated`, and for each threshold that is
    /// crossed a `scoring.ThresholdCrossed`, because only the row as updated
    /// tells.
    pub scores: Vec<ScoreWrite>,
    /// Alerts that are overdue, sorted: those that are still open are expired,
    /// and told by a `scoring.AlertExpired` each.
    pub expired_alerts: Vec<Uuid>,
    /// Signals that weigh nothing any more, sorted.
    pub archived_signals: Vec<SignalKey>,
    /// Roll-ups: each marks the days that it counts, in their order, and counts them
    /// in a later statement, which sees what was committed by then.
    pub roll_ups: Vec<RollUpWrite>,
    /// Settlements, of which at most one a tournament: each locks its tournament's
    /// row. Of one that the database refuses an entry of the ledger says so, written
    /// after the rollback, once an attempt.
    pub settlements: Vec<SettlementWrite>,
    /// Rebuilds, of which at most one a tournament: each locks its tournament's row.
    pub rebuilds: Vec<RebuildWrite>,
    /// What checks of boards have found, of at most one a tournament.
    pub drifts: Vec<DriftWrite>,
    /// Matches that are asked about now, sorted by their places.
    pub checks: Vec<CheckPlan>,
    /// What came of asking about matches, at most one a match.
    pub verifications: Vec<VerificationWrite>,
    /// Matches that tournaments get.
    pub new_matches: Vec<NewMatches>,
    /// What jobs of nights write, at most one a job.
    pub nights: Vec<NightWrite>,
    /// Runs whose chunks look at the configurations of an epoch, sorted.
    pub pinned: Vec<(Uuid, i64)>,
    /// Enqueued by it, sorted by id.
    pub spawned: Vec<SpawnedJob>,
    /// Events.
    pub events: Vec<NewEvent>,
    /// Notifications that are done with.
    pub notified: Vec<SentNotification>,
}

impl Effect {
    /// Completes jobs, sorted by id, and writes nothing else.
    #[must_use]
    pub fn of(now: DateTime<Utc>, jobs: Vec<CompletedJob>) -> Self {
        Self {
            now,
            jobs,
            scores: Vec::new(),
            expired_alerts: Vec::new(),
            archived_signals: Vec::new(),
            roll_ups: Vec::new(),
            settlements: Vec::new(),
            rebuilds: Vec::new(),
            drifts: Vec::new(),
            checks: Vec::new(),
            verifications: Vec::new(),
            new_matches: Vec::new(),
            nights: Vec::new(),
            pinned: Vec::new(),
            spawned: Vec::new(),
            events: Vec::new(),
            notified: Vec::new(),
        }
    }

    /// Every job that it enqueues, where no other stands for it.
    pub fn enqueued(&self) -> impl Iterator<Item = &SpawnedJob> {
        self.spawned.iter().chain(self.checks.iter().map(|check| &check.job))
    }
}

/// What came of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// All of it is done.
    Done {
        /// Scores that were not written, because there is one of newer features
        /// or configuration.
        superseded: usize,
        /// Whether an organization of these jobs has few messages out and jobs that
        /// were held back; see [`super::RelayStore::take_held_back`].
        refill: bool,
    },
    /// A lease was lost, so nothing was written; do the jobs one by one.
    FenceLost,
    /// Somebody holds a tournament that is settled or made anew, so nothing was written; it
    /// is free again in a moment.
    Busy,
}
