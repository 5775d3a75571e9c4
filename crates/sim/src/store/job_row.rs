//! A job's row, and the moves that more than one operation makes.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::limits::{DUE_SLACK, EXPIRY, WAKE};
use mauntic_domain::jobs::{JobState, JobType};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::JobError;
use serde_json::Value;
use uuid::Uuid;

use super::ends::cut;

/// A row of `jobs.job`; the migrations document the columns.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct JobRow {
    pub id: Uuid,
    /// Number of its insertion.
    pub seq: u64,
    pub organization_id: Option<String>,
    pub queue: String,
    pub type_name: String,
    pub version: u16,
    pub data: Value,
    pub failures_max: i16,
    pub run_id: Option<Uuid>,
    pub scheduled_for: Option<DateTime<Utc>>,
    pub idempotency_key: Option<String>,
    pub released_key: Option<String>,
    pub request_id: Option<String>,
    pub starter: Option<TraceContext>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub state: JobState,
    pub claim: i32,
    pub alone: bool,
    pub failures: i16,
    pub snoozes: i16,
    pub snooze_reason: Option<String>,
    pub resends: i16,
    pub platform_deaths: i16,
    pub death_message: Option<String>,
    pub death_claim: i32,
    pub coalesced: i32,
    pub coalesce_key: Option<String>,
    pub available_at: DateTime<Utc>,
    pub wake_at: DateTime<Utc>,
    pub lease_until: Option<DateTime<Utc>>,
    pub lease_token: Option<Uuid>,
    pub last_error: Option<String>,
    pub finished_at: Option<DateTime<Utc>>,
    pub receipt: Option<Value>,
    pub replays: i16,
    pub errors: Vec<JobError>,
}

/// Most failures that a row keeps.
const ERRORS_MAX: usize = 10;

impl JobRow {
    /// A queued job as its defaults make it, available now and woken in a minute.
    #[must_use]
    pub fn new(id: Uuid, job_type: JobType, data: Value, now: DateTime<Utc>) -> Self {
        let spec = job_type.spec();
        Self {
            id,
            seq: 0,
            organization_id: None,
            queue: spec.queue.name().to_owned(),
            type_name: spec.name.to_owned(),
            version: spec.version,
            data,
            failures_max: spec.failures_max,
            run_id: None,
            scheduled_for: None,
            idempotency_key: None,
            released_key: None,
            request_id: None,
            starter: None,
            created_at: now,
            expires_at: now + EXPIRY,
            state: JobState::Queued,
            claim: 0,
            alone: false,
            failures: 0,
            snoozes: 0,
            snooze_reason: None,
            resends: 0,
            platform_deaths: 0,
            death_message: None,
            death_claim: 0,
            coalesced: 0,
            coalesce_key: None,
            available_at: now,
            wake_at: now + WAKE,
            lease_until: None,
            lease_token: None,
            last_error: None,
            finished_at: None,
            receipt: None,
            replays: 0,
            errors: Vec::new(),
        }
    }

    /// Whether it is queued or failed.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self.state, JobState::Queued | JobState::Failed)
    }

    /// Whether it waits and its time has come.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.waits() && self.available_at <= now + DUE_SLACK
    }

    /// Whether it is under a lease that ran out.
    #[must_use]
    pub fn lease_ran_out(&self, now: DateTime<Utc>) -> bool {
        self.state == JobState::InProgress && self.lease_until.is_some_and(|until| until <= now)
    }

    /// Whether a message of it may be out that can be heard now.
    #[must_use]
    pub fn is_dispatched(&self, now: DateTime<Utc>) -> bool {
        let is_sent = self.resends > 0 && self.available_at <= now;
        is_sent || self.state == JobState::InProgress
    }

    /// Takes it under a lease.
    pub(super) fn hold(&mut self, alone: bool, token: Uuid, now: DateTime<Utc>, lease: TimeDelta) {
        self.state = JobState::InProgress;
        self.claim += 1;
        self.alone = alone;
        self.coalesce_key = None;
        self.lease_token = Some(token);
        self.lease_until = Some(now + lease);
        self.wake_at = now + lease;
    }

    /// What went wrong, as the newest of the last ten.
    pub(super) fn add_error(&mut self, error: &str, now: DateTime<Utc>) {
        let error = cut(error, 2_000);
        self.last_error = Some(error.clone());
        // Whole milliseconds, as the database writes them.
        let at = now - TimeDelta::microseconds(i64::from(now.timestamp_subsec_micros() % 1_000));
        self.errors.push(JobError { claim: self.claim, at, error });
        if self.errors.len() > ERRORS_MAX {
            self.errors.remove(0);
        }
    }

    /// Ends its lease; it waits again.
    pub(super) fn leave(&mut self, state: JobState) {
        self.state = state;
        self.lease_until = None;
        self.lease_token = None;
        // Only a broken twin comes here from a final state.
        self.finished_at = None;
        self.receipt = None;
    }

    /// Makes it final.
    pub(super) fn end(&mut self, state: JobState, now: DateTime<Utc>) {
        self.state = state;
        self.finished_at = Some(now);
        self.lease_until = None;
        self.coalesce_key = None;
        // Whose effect completed it stays known.
        if state != JobState::Completed {
            self.lease_token = None;
            self.receipt = None;
            if let Some(key) = self.idempotency_key.take() {
                self.released_key = Some(key);
            }
        }
    }
}
