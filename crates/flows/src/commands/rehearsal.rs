//! What is asked of a dry run, and what it says of a case; pure. Both cross from worker
//! to worker as JSON.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::{Job, JobState, JobType, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::replay::content;
use crate::jobs::{Decision, Outcome};
use crate::ports::{CaseDetail, CaseFilter, Held, JobDetail, PortError, Setback};

/// Which cases are rehearsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cases {
    /// One that somebody named.
    One {
        /// The case.
        id: Uuid,
        /// In place of its own data where somebody edited it.
        data: Option<Value>,
    },
    /// The open cases of a filter that a replay would take first, the oldest first.
    First {
        /// Of which.
        filter: CaseFilter,
        /// Most cases; at most [`DRY_RUN_MAX`](super::rehearse::DRY_RUN_MAX).
        limit: u32,
    },
}

/// Why no dry run was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RehearsalError {
    /// Who does them was not there to be asked.
    #[error("the queue worker is not reachable: {cause}")]
    Away {
        /// What was seen, without secrets.
        cause: String,
    },
    /// What kept it from being done.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why cases could not be rehearsed, as it crosses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Failure {
    Unavailable(String),
    Contention(String),
    Other(String),
}

/// What is asked, as JSON.
#[must_use]
pub fn ask(cases: &Cases) -> String {
    serde_json::to_string(cases).unwrap_or_default()
}

/// What was asked.
///
/// # Errors
/// What is wrong with it: another build asked.
pub fn asked(text: &str) -> Result<Cases, PortError> {
    serde_json::from_str(text)
        .map_err(|error| PortError::Unreadable { what: "a dry run", place: error.to_string() })
}

/// What came of it, as JSON.
#[must_use]
pub fn answer(rehearsed: Result<Vec<Rehearsal>, PortError>) -> String {
    let told = rehearsed.map_err(|error| {
        let cause = error.to_string();
        match error {
            PortError::Unavailable { .. } => Failure::Unavailable(cause),
            PortError::Contention { .. } => Failure::Contention(cause),
            _ => Failure::Other(cause),
        }
    });
    serde_json::to_string(&told).unwrap_or_default()
}

/// What came of it.
///
/// # Errors
/// Why nothing did.
pub fn answered(text: &str) -> Result<Vec<Rehearsal>, PortError> {
    let what = "the dry run";
    let told: Result<Vec<Rehearsal>, Failure> = serde_json::from_str(text)
        .map_err(|error| PortError::Unreadable { what, place: error.to_string() })?;
    told.map_err(|failure| match failure {
        Failure::Unavailable(cause) => PortError::Unavailable { what, cause },
        Failure::Contention(cause) => PortError::Contention { what, cause },
        Failure::Other(cause) => PortError::Refused { what, cause },
    })
}

/// What an attempt would come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// It would be done.
    Completed,
    /// It would fail, and be tried again.
    Failed,
    /// It would be put off.
    Snoozed,
    /// It would be a dead letter again.
    DeadLettered,
    /// Nothing was tried: it cannot be replayed, or not be rehearsed.
    Refused,
}

/// What a replay of a case would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rehearsal {
    /// The case.
    pub case_id: Uuid,
    /// Its job.
    pub job_id: Option<Uuid>,
    /// What the attempt would come to.
    pub outcome: Attempt,
    /// Stable reason, where the outcome has one.
    pub reason: Option<String>,
    /// What exactly, for people.
    pub detail: Option<String>,
    /// What the receipt would say.
    pub summary: Option<Value>,
    /// Scores that the handler would write.
    pub scores: usize,
    /// Those of them that are not written, because there is a newer one.
    pub superseded: usize,
    /// Jobs that would be enqueued.
    pub jobs: usize,
    /// Events that the handler would add.
    pub events: usize,
}

impl Rehearsal {
    /// A refusal without a reason yet.
    pub(super) const fn of(case_id: Uuid, job_id: Option<Uuid>) -> Self {
        Self {
            case_id,
            job_id,
            outcome: Attempt::Refused,
            reason: None,
            detail: None,
            summary: None,
            scores: 0,
            superseded: 0,
            jobs: 0,
            events: 0,
        }
    }

    /// One that no time was left for.
    pub(super) fn not_tried(case_id: Uuid) -> Self {
        let detail = "the time of one dry run was over: ask for fewer cases";
        Self::of(case_id, None).refused(Refused::of("not_tried", detail))
    }

    pub(super) fn refused(self, Refused(reason, detail): Refused) -> Self {
        Self { reason: Some(reason.to_owned()), detail: Some(detail), ..self }
    }

    /// What was decided; of its scores so many were superseded.
    pub(super) fn decided(self, held: &Held, decision: Decision, superseded: usize) -> Self {
        let Decision { effect, others, .. } = decision;
        if let Some((_, outcome)) = others.into_iter().next() {
            return self.ended(held, effect.now, outcome);
        }
        Self {
            outcome: Attempt::Completed,
            summary: effect.jobs.into_iter().next().map(|job| job.summary),
            scores: effect.scores.len(),
            superseded,
            jobs: effect.spawned.len(),
            events: effect.events.len(),
            ..self
        }
    }

    /// What an attempt would make of an outcome.
    pub(super) fn ended(self, held: &Held, now: DateTime<Utc>, outcome: Outcome) -> Self {
        match outcome.setback(held, now, 0) {
            None => Self { outcome: Attempt::Completed, ..self },
            Some(Setback::Failed { reason, error, .. }) => {
                Self { outcome: Attempt::Failed, ..self }.refused(Refused(reason, error))
            }
            Some(Setback::Snoozed { reason, .. }) => {
                Self { outcome: Attempt::Snoozed, reason: Some(reason.to_owned()), ..self }
            }
            Some(Setback::Dead { reason, detail, .. }) => {
                Self { outcome: Attempt::DeadLettered, ..self }.refused(Refused(reason, detail))
            }
        }
    }
}

/// Why a case cannot be replayed, or not be rehearsed: a stable reason, and what
/// exactly.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) &'static str, pub(super) String);

impl Refused {
    fn of(reason: &'static str, detail: &str) -> Self {
        Self(reason, detail.to_owned())
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.code(), refusal.to_string())
    }
}

/// The case's job as the replay's first attempt would hold it: its budget whole,
/// its claim the next.
///
/// # Errors
/// Why there is nothing to try. A job that is bound to die again is no such
/// reason: its attempt says so.
pub(super) fn hold(detail: &CaseDetail, data: Option<&Value>) -> Result<Held, Refused> {
    let is_dead = |job: &JobDetail| job.job.state == JobState::DeadLettered;
    if detail.case.decided_at.is_some() || !detail.job.as_ref().is_none_or(is_dead) {
        return Err(Refused::of("not_dead", "it is decided, or its job is no dead letter"));
    }
    let edited = content(detail, data)?;
    let Some(job) = &detail.job else {
        return Err(Refused::of("no_job", "it has no job yet whose effect could be tried"));
    };
    let organization = job.job.organization_id.as_deref();
    if edited.as_ref().is_some_and(|edited| !is_of(edited, organization)) {
        let detail = "the data is of another organization than its job";
        return Err(Refused::of("other_organization", detail));
    }
    let held = of_job(job, edited.as_ref());
    match Job::parse(&held.type_name, held.version, &held.data) {
        // Only another build does it, or knows whether it may be rehearsed.
        Err(refusal @ (Refusal::UnknownType { .. } | Refusal::UnknownVersion { .. })) => {
            Err(refusal.into())
        }
        _ if is_database_only(&held.type_name) => Ok(held),
        _ => {
            let detail = format!("{} calls outside, which no dry run may", held.type_name);
            Err(Refused("not_database_only", detail))
        }
    }
}

fn of_job(detail: &JobDetail, edited: Option<&Job>) -> Held {
    let job = &detail.job;
    let (version, data) = match edited {
        Some(edited) => (edited.job_type().spec().version, edited.data()),
        None => (u16::try_from(job.version).unwrap_or(u16::MAX), detail.data.clone()),
    };
    Held {
        id: job.id,
        claim: job.claim.saturating_add(1),
        type_name: job.type_name.clone(),
        version,
        data,
        organization_id: job.organization_id.clone(),
        run_id: job.run_id,
        scheduled_for: detail.scheduled_for,
        request_id: job.request_id.clone(),
        starter: None,
        created_at: job.created_at,
        failures: 0,
        failures_max: job.failures_max,
        snoozes: 0,
        snooze_reason: None,
    }
}

fn is_of(job: &Job, organization: Option<&str>) -> bool {
    job.organization_id().map(OrganizationId::as_str) == organization
}

fn is_database_only(type_name: &str) -> bool {
    JobType::from_name(type_name).is_some_and(|job_type| job_type.spec().database_only)
}

#[cfg(test)]
#[path = "rehearsal_tests.rs"]
mod tests;
