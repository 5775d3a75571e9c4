//! The rows as the schema has them; a job's in `job_row`, those of operating in
//! `operator_rows`.

use chrono::{DateTime, NaiveDate, Utc};
use mauntic_domain::cases::fingerprint;
use mauntic_domain::notifications::RESERVATION;
use mauntic_domain::points::PointsE4;
use mauntic_domain::runs::{RunCounts, RunStatus};
use mauntic_domain::scoring::{Grade, Score};
use mauntic_flows::ports::{ContactKey, CurrentScore};
use serde_json::Value;
use uuid::Uuid;

pub use super::job_row::JobRow;
pub use super::operator_rows::{AnswerRow, DeliveryRow, ReplayRecord};

/// A row of `jobs.dead_letter`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct LetterRow {
    /// Nil until it is kept.
    pub id: Uuid,
    pub queue: String,
    pub message_id: Option<String>,
    pub job_id: Option<Uuid>,
    pub organization_id: Option<String>,
    pub type_name: Option<String>,
    pub body: Vec<u8>,
    pub reason: String,
    pub detail: String,
    pub created_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decision: Option<&'static str>,
    pub decided_by: Option<String>,
    pub decided_why: Option<String>,
    pub replay_id: Option<Uuid>,
    pub replayed_as: Option<Uuid>,
}

impl LetterRow {
    /// An open case of a queue, about nothing yet.
    #[must_use]
    pub fn new(queue: &str, reason: &str, detail: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::nil(),
            queue: queue.to_owned(),
            message_id: None,
            job_id: None,
            organization_id: None,
            type_name: None,
            body: Vec::new(),
            reason: reason.to_owned(),
            detail: detail.to_owned(),
            created_at: now,
            decided_at: None,
            decision: None,
            decided_by: None,
            decided_why: None,
            replay_id: None,
            replayed_as: None,
        }
    }

    /// What it is grouped by.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(self.type_name.as_deref(), &self.reason, &self.detail)
    }
}

/// A row of `jobs.run`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct RunRecord {
    pub id: Uuid,
    /// Number of its insertion.
    pub seq: u64,
    pub job_key: String,
    pub organization_id: Option<String>,
    pub trigger: &'static str,
    pub scheduled_for: Option<DateTime<Utc>>,
    pub request_id: Option<String>,
    pub started_at: DateTime<Utc>,
    pub exclusive: bool,
    pub status: RunStatus,
    pub revision: i32,
    pub counts: RunCounts,
    pub progressed_at: DateTime<Utc>,
    pub stalled_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Epoch of the configurations that its chunks look at.
    pub pinned: Option<i64>,
}

impl RunRecord {
    /// A run of one job that begins now.
    #[must_use]
    pub const fn new(id: Uuid, job_key: String, trigger: &'static str, now: DateTime<Utc>) -> Self {
        Self {
            id,
            seq: 0,
            job_key,
            organization_id: None,
            trigger,
            scheduled_for: None,
            request_id: None,
            started_at: now,
            exclusive: false,
            status: RunStatus::Running,
            revision: 0,
            counts: RunCounts { total: 1, done: 0, dead: 0, cancelled: 0 },
            progressed_at: now,
            stalled_at: None,
            cancelled_at: None,
            finished_at: None,
            pinned: None,
        }
    }
}

/// A row of `jobs.schedule`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct ScheduleRecord {
    pub cron: String,
    pub judged_until: DateTime<Utc>,
    pub ordinal_next: Option<i64>,
    pub note: Option<String>,
    pub paused_at: Option<DateTime<Utc>>,
}

/// A row of `jobs.occurrence`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct OccurrenceRow {
    pub outcome: &'static str,
    pub reason: Option<&'static str>,
    pub ordinal: i64,
    pub run_id: Option<Uuid>,
    pub judged_at: DateTime<Utc>,
}

/// A row of `jobs.notification`; reserved until it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct NotificationRow {
    pub id: Uuid,
    pub token: Uuid,
    pub lease_until: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
    pub expires_at: DateTime<Utc>,
}

impl NotificationRow {
    /// Its sender is somebody else from now on.
    pub(super) fn reserve(&mut self, token: Uuid, now: DateTime<Utc>) {
        self.token = token;
        self.lease_until = Some(now + RESERVATION);
    }
}

/// A row of `jobs.event_outbox`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct EventRow {
    pub id: Uuid,
    pub organization_id: Option<String>,
    pub event_type: String,
    pub data: Value,
    pub job_id: Option<Uuid>,
    pub request_id: Option<String>,
    pub occurred_at: DateTime<Utc>,
    pub wake_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// A row of `scoring.lead_scores`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct LeadScore {
    pub score: Score,
    pub total: PointsE4,
    pub grade: Grade,
    pub previous_total: Option<PointsE4>,
    pub input_version: i64,
    pub config_version: i64,
    pub job_id: Uuid,
    pub calculated_at: DateTime<Utc>,
}

impl LeadScore {
    /// What it is told by.
    pub(super) fn current(&self) -> CurrentScore {
        CurrentScore {
            digest: self.score.digest(),
            input_version: self.input_version,
            config_version: self.config_version,
        }
    }
}

/// The key of `scoring.score_history`.
pub type HistoryKey = (ContactKey, NaiveDate);

/// A row of `scoring.score_history`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct HistoryRow {
    pub total: PointsE4,
    pub grade: Grade,
    pub categories: [PointsE4; 3],
    pub updated_at: DateTime<Utc>,
}
