//! What operators see: the values of their lists.

use chrono::{DateTime, Utc};
use mauntic_domain::audit::{Link, Walk};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::replays::Status;
use mauntic_domain::schedules::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::RunRow;

/// Which jobs: all that is named must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobFilter {
    /// These; empty for any. At most 100.
    pub ids: Vec<Uuid>,
    /// On this queue.
    pub queue: Option<Queue>,
    /// Of this type.
    pub type_name: Option<String>,
    /// Of this organization.
    pub organization_id: Option<String>,
    /// In one of these states; empty for any.
    pub states: Vec<JobState>,
    /// With this idempotency key, held or given up.
    pub idempotency_key: Option<String>,
    /// Of this run.
    pub run_id: Option<Uuid>,
    /// Whose data contains this.
    pub payload: Option<Value>,
}

/// Which cases: all that is named must hold. As JSON it is what a replay keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CaseFilter {
    /// From this queue, by its production name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Of this type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Of this organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// For this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Of this run's jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Uuid>,
    /// Whose body contains this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

/// Part of a list that is ordered by id, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only what is older than this.
    pub before: Option<Uuid>,
    /// Most items.
    pub limit: i64,
}

/// A page, and where the next one goes on. A page may be short, or empty, and
/// still have a next one: a search looks at a bounded number of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// `before` of the next page; none at the end.
    pub next: Option<Uuid>,
}

/// A job as it is listed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct JobView {
    pub id: Uuid,
    pub queue: String,
    pub type_name: String,
    pub version: i16,
    pub organization_id: Option<String>,
    pub run_id: Option<Uuid>,
    pub state: JobState,
    pub claim: i32,
    pub failures: i16,
    pub failures_max: i16,
    pub snooze_reason: Option<String>,
    /// Held, or given up.
    pub idempotency_key: Option<String>,
    pub request_id: Option<String>,
    pub replays: i16,
    pub created_at: DateTime<Utc>,
    pub available_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub lease_until: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
}

/// A failure of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    /// The attempt.
    pub claim: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// What went wrong, for people.
    pub error: String,
}

/// All that is known of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDetail {
    /// As it is listed.
    pub job: JobView,
    /// What it is to do.
    pub data: Value,
    /// What its effect wrote about itself.
    pub receipt: Option<Value>,
    /// The last ten failures, oldest first.
    pub errors: Vec<JobError>,
    /// Further requests that it answers.
    pub coalesced: i32,
    /// Nominal time of the schedule that started it.
    pub scheduled_for: Option<DateTime<Utc>>,
}

/// A case as it is listed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct CaseView {
    pub id: Uuid,
    pub queue: String,
    pub type_name: Option<String>,
    pub organization_id: Option<String>,
    pub job_id: Option<Uuid>,
    pub message_id: Option<String>,
    pub reason: String,
    pub detail: String,
    pub fingerprint: String,
    pub created_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    /// `replayed`, `discarded`, or none where a build before decided it.
    pub decision: Option<String>,
    pub decided_by: Option<String>,
    pub decided_why: Option<String>,
    pub replay_id: Option<Uuid>,
    pub replayed_as: Option<Uuid>,
}

/// All that is known of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseDetail {
    /// As it is listed.
    pub case: CaseView,
    /// The body as it came, or the job's data as JSON text.
    pub body: Vec<u8>,
    /// Its job, where there is one.
    pub job: Option<JobDetail>,
    /// Every case of that job, oldest first, this one with them; at most 100.
    pub lineage: Vec<CaseView>,
}

/// Open cases of one fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseGroup {
    /// What they have in common.
    pub fingerprint: String,
    /// Their type.
    pub type_name: Option<String>,
    /// Their reason.
    pub reason: String,
    /// The newest one's detail.
    pub detail: String,
    /// How many.
    pub open: i64,
    /// Of how many organizations.
    pub organizations: i64,
    /// The oldest one's time.
    pub first_seen: DateTime<Utc>,
    /// The newest one's.
    pub last_seen: DateTime<Utc>,
    /// The newest one.
    pub newest: Uuid,
}

/// A replay of many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct ReplayRow {
    pub id: Uuid,
    pub filter: CaseFilter,
    pub limit: u32,
    pub canary: u32,
    pub per_second: u32,
    pub actor: String,
    pub why: Option<String>,
    pub created_at: DateTime<Utc>,
    /// See [`Status`], by its name.
    pub status: String,
    pub replayed: u32,
    pub refused: u32,
    pub canaries: Vec<Uuid>,
    pub paced_until: DateTime<Utc>,
    pub stopped_by: Option<Uuid>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Of the jobs it replayed: completed, dead again, and neither.
    pub completed: u32,
    pub dead_again: u32,
    pub unfinished: u32,
}

impl ReplayRow {
    /// Where it stands; none for a status of a newer build.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        Status::from_name(&self.status)
    }
}

/// A schedule's newest run and whether one is open.
#[derive(Debug, Clone, PartialEq)]
pub struct CronRow {
    /// The schedule's key.
    pub job_key: String,
    /// The newest run.
    pub last_run: Option<RunView>,
    /// The open run that holds the lock, or any open one.
    pub open_run: Option<Uuid>,
    /// The newest occurrence.
    pub last_occurrence: Option<OccurrenceView>,
}

/// A run as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// The run.
    pub run: RunRow,
    /// Whose.
    pub organization_id: Option<String>,
    /// The nominal time, of a schedule's run.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Correlation id.
    pub request_id: Option<String>,
    /// Since when it is being cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// What it came to, of a night: its jobs may all be done, and its users failed.
    pub outcome: Option<NightStatus>,
}

/// An occurrence as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OccurrenceView {
    /// When it should fire.
    pub nominal_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: Outcome,
    /// The run it started.
    pub run_id: Option<Uuid>,
    /// When it was judged.
    pub judged_at: DateTime<Utc>,
}

/// A breaker as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerRow {
    /// The dependency.
    pub name: String,
    /// Its state.
    pub breaker: Breaker,
    /// When it changed; none for one that never did.
    pub changed_at: Option<DateTime<Utc>>,
}

/// Which entries of the audit: all that is named must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this actor.
    pub actor: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// To this target.
    pub target: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
}

/// Part of the audit, and where its chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// In the order asked for.
    pub links: Vec<Link>,
    /// The head.
    pub head: Walk,
}
