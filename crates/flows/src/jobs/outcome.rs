//! What a handler decided, as values.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::breaker::FAILURES_MAX;
use mauntic_domain::jobs::Refusal;
use mauntic_domain::jobs::retry::{busy_delay, retry_delay, snooze_delay};
use serde_json::Value;

use crate::ports::{
    CheckPlan, CompletedJob, ContactKey, DriftWrite, Effect, Held, NewEvent, NewMatches,
    NightWrite, PortError, RebuildWrite, RollUpWrite, ScoreWrite, SentNotification, SetBackJob,
    Setback, SettlementWrite, SignalKey, SpawnedJob, VerificationWrite,
};
use uuid::Uuid;

/// What becomes of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Its effect is decided; the summary becomes its receipt.
    Done(Value),
    /// It failed and may succeed later, which spends one of its failures.
    Retry {
        /// Stable reason.
        reason: &'static str,
        /// What went wrong, for people; no payload.
        error: String,
    },
    /// It cannot be done now through no fault of its own, which spends nothing.
    Snooze {
        /// When the reason may be over, where that is known.
        until: Option<DateTime<Utc>>,
        /// Stable reason.
        reason: &'static str,
    },
    /// Somebody else holds what it needs, for seconds at most: it spends nothing.
    Busy {
        /// Stable reason.
        reason: &'static str,
    },
    /// Repeating it cannot help: a dead letter.
    Reject {
        /// Stable reason.
        reason: &'static str,
        /// What exactly, for people; no payload.
        detail: String,
    },
}

impl Outcome {
    /// What an infrastructure failure means for a job: the one place that says
    /// so. None where nothing may be written about it: it happened or it did
    /// not, or nothing can be written.
    pub(crate) fn of_error(error: &PortError) -> Option<Self> {
        match error {
            PortError::Unknown { .. } | PortError::Unavailable { .. } => None,
            PortError::Contention { .. } => {
                Some(Self::Snooze { until: None, reason: "contention" })
            }
            PortError::Refused { .. } | PortError::KeyConflict | PortError::Backlog { .. } => {
                Some(Self::Retry { reason: error.code(), error: error.to_string() })
            }
            PortError::Unreadable { .. } => {
                Some(Self::Reject { reason: "unreadable", detail: error.to_string() })
            }
        }
    }

    /// The move of a held job's row; none for what is done.
    pub(crate) fn setback(self, held: &Held, now: DateTime<Utc>, random: u32) -> Option<Setback> {
        match self {
            Self::Done(_) => None,
            Self::Retry { error, .. } if held.failures + 1 >= held.failures_max => {
                Some(Setback::Dead { reason: "retries_exhausted", detail: error, failed: true })
            }
            Self::Retry { reason, error } => {
                let wait = retry_delay(held.failures + 1, random);
                Some(Setback::Failed { wait, reason, error })
            }
            Self::Snooze { until, reason } => {
                let stays = held.snooze_reason.as_deref() == Some(reason);
                let snoozes = if stays { held.snoozes } else { 0 };
                let least = until.map_or(TimeDelta::zero(), |until| until - now);
                Some(Setback::Snoozed { wait: snooze_delay(snoozes, least, random), reason })
            }
            Self::Busy { reason } => Some(Setback::Snoozed { wait: busy_delay(random), reason }),
            Self::Reject { reason, detail } => {
                Some(Setback::Dead { reason, detail, failed: false })
            }
        }
    }
}

/// The outcome of a job whose effect found a tournament held by another.
pub(crate) const BUSY: Outcome = Outcome::Busy { reason: "tournament_busy" };

/// Times in a row that a failed call outside puts a job off before it counts as
/// the job's own failure: as many open the breaker where no other call succeeds
/// in between, however few jobs there are, and behind an open one no failure
/// counts. What then still fails, fails for this job alone.
pub const OUTSIDE_SNOOZES_MAX: i16 = 10;

const _: () = assert!(OUTSIDE_SNOOZES_MAX.unsigned_abs() as u32 >= FAILURES_MAX);

/// Reason of a job that was put off, or failed, for a failed call outside.
pub(super) const OUTSIDE_FAILED: &str = "outside_failed";

/// Reason of a job that failed because an answer from outside cannot be read.
pub(super) const OUTSIDE_UNREADABLE: &str = "outside_unreadable";

/// The outcome of a call outside that failed and may succeed later. An outage
/// is not the job's fault: it spends nothing until it looks like one.
pub(super) fn failed_outside(held: &Held, error: String) -> Outcome {
    let is_own = held.snooze_reason.as_deref() == Some(OUTSIDE_FAILED)
        && held.snoozes >= OUTSIDE_SNOOZES_MAX;
    if is_own {
        Outcome::Retry { reason: OUTSIDE_FAILED, error }
    } else {
        Outcome::Snooze { until: None, reason: OUTSIDE_FAILED }
    }
}

/// What a handler decided about one job: its outcome, and what is written with
/// it if it is done.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) outcome: Outcome,
    pub(crate) scores: BTreeMap<ContactKey, ScoreWrite>,
    pub(crate) spawned: Vec<SpawnedJob>,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) notified: Vec<SentNotification>,
    pub(crate) expired_alerts: Vec<Uuid>,
    pub(crate) archived_signals: Vec<SignalKey>,
    pub(crate) roll_up: Option<RollUpWrite>,
    pub(crate) settlement: Option<SettlementWrite>,
    pub(crate) rebuild: Option<RebuildWrite>,
    pub(crate) drift: Option<DriftWrite>,
    pub(crate) checks: Vec<CheckPlan>,
    pub(crate) verification: Option<VerificationWrite>,
    pub(crate) new_matches: Option<NewMatches>,
    pub(crate) night: Option<NightWrite>,
    /// What the job's run is pinned to.
    pub(crate) config_epoch: Option<i64>,
    /// Whether a job may be woken by it, which is then sent with those that it enqueues.
    pub(crate) wakes: bool,
}

impl Decided {
    pub(crate) fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            scores: BTreeMap::new(),
            spawned: Vec::new(),
            events: Vec::new(),
            notified: Vec::new(),
            expired_alerts: Vec::new(),
            archived_signals: Vec::new(),
            roll_up: None,
            settlement: None,
            rebuild: None,
            drift: None,
            checks: Vec::new(),
            verification: None,
            new_matches: None,
            night: None,
            config_epoch: None,
            wakes: false,
        }
    }

    pub(crate) fn rejected(refusal: &Refusal) -> Self {
        Self::of(Outcome::Reject { reason: refusal.code(), detail: refusal.to_string() })
    }
}

/// What was decided about jobs of one type: one effect, and the rest.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) effect: Effect,
    pub(crate) others: Vec<(Held, Outcome)>,
    /// Whether there may be something to send besides what it enqueues.
    pub(crate) wakes: bool,
    scores: BTreeMap<ContactKey, ScoreWrite>,
}

impl Decision {
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        let effect = Effect::of(now, Vec::new());
        Self { effect, others: Vec::new(), wakes: false, scores: BTreeMap::new() }
    }

    /// Adds a job. Of two that write one thing, the one added later decides.
    pub(crate) fn add(&mut self, held: &Held, decided: Decided) {
        let Outcome::Done(summary) = decided.outcome else {
            self.others.push((held.clone(), decided.outcome));
            return;
        };
        let (id, claim, run_id) = (held.id, held.claim, held.run_id);
        self.effect.jobs.push(CompletedJob { id, claim, run_id, summary });
        self.scores.extend(decided.scores);
        self.effect.spawned.extend(decided.spawned);
        self.effect.events.extend(decided.events);
        self.effect.notified.extend(decided.notified);
        self.effect.expired_alerts.extend(decided.expired_alerts);
        self.effect.archived_signals.extend(decided.archived_signals);
        self.effect.roll_ups.extend(decided.roll_up);
        self.effect.settlements.extend(decided.settlement);
        self.effect.rebuilds.extend(decided.rebuild);
        self.effect.drifts.extend(decided.drift);
        self.effect.checks.extend(decided.checks);
        self.effect.verifications.extend(decided.verification);
        self.effect.new_matches.extend(decided.new_matches);
        self.effect.nights.extend(decided.night);
        self.wakes |= decided.wakes;
        self.effect.pinned.extend(run_id.zip(decided.config_epoch));
    }

    /// Rows are locked in the order of their keys.
    pub(super) fn finish(&mut self) {
        self.effect.jobs.sort_by_key(|job| job.id);
        self.effect.spawned.sort_by_key(|job| job.id);
        self.effect.expired_alerts.sort_unstable();
        self.effect.archived_signals.sort_unstable();
        self.effect.pinned.sort_unstable();
        self.effect.scores = std::mem::take(&mut self.scores).into_values().collect();
    }

    /// The moves of the jobs that are not done.
    pub(crate) fn setbacks(&self, random: impl Fn() -> u32) -> Vec<SetBackJob> {
        let now = self.effect.now;
        let of = |(held, outcome): &(Held, Outcome)| {
            let setback = outcome.clone().setback(held, now, random())?;
            Some(SetBackJob { id: held.id, claim: held.claim, setback })
        };
        let mut jobs: Vec<SetBackJob> = self.others.iter().filter_map(of).collect();
        jobs.sort_by_key(|job| job.id);
        jobs
    }
}
