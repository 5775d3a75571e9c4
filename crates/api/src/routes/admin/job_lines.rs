//! A job as operators see it.

use mauntic_flows::ports::{JobDetail, JobError, JobView};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::{shown, shown_if};

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobLine {
    #[schema(value_type = String, format = "uuid")]
    job_id: Uuid,
    queue: String,
    #[serde(rename = "type")]
    type_name: String,
    /// Version of its data's shape.
    version: i16,
    /// Whose; none for work across organizations.
    #[schema(required)]
    organization_id: Option<String>,
    /// Its run.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    execution_id: Option<Uuid>,
    #[schema(pattern = "^(queued|in_progress|completed|failed|dead_lettered|cancelled)$")]
    state: &'static str,
    /// Number of its last attempt.
    attempt: i32,
    /// Failures that count.
    failures: i16,
    /// Failures after which it is a dead letter.
    failures_max: i16,
    /// Why it was put off last.
    #[schema(required)]
    snooze_reason: Option<String>,
    #[schema(required)]
    idempotency_key: Option<String>,
    /// Correlation id of what started it.
    #[schema(required)]
    request_id: Option<String>,
    /// Times it was queued again after it was a dead letter.
    replays: i16,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it may be tried next.
    #[schema(format = DateTime)]
    available_at: String,
    /// After this it is not tried any more.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Until when an attempt holds it.
    #[schema(required, format = DateTime)]
    lease_until: Option<String>,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    #[schema(required)]
    last_error: Option<String>,
}

impl From<JobView> for JobLine {
    fn from(job: JobView) -> Self {
        Self {
            job_id: job.id,
            queue: job.queue,
            type_name: job.type_name,
            version: job.version,
            organization_id: job.organization_id,
            execution_id: job.run_id,
            state: job.state.as_str(),
            attempt: job.claim,
            failures: job.failures,
            failures_max: job.failures_max,
            snooze_reason: job.snooze_reason,
            idempotency_key: job.idempotency_key,
            request_id: job.request_id,
            replays: job.replays,
            created_at: shown(job.created_at),
            available_at: shown(job.available_at),
            expires_at: shown(job.expires_at),
            lease_until: shown_if(job.lease_until),
            finished_at: shown_if(job.finished_at),
            last_error: job.last_error,
        }
    }
}

/// A failure of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureLine {
    /// Number of the attempt.
    attempt: i32,
    #[schema(format = DateTime)]
    at: String,
    /// What went wrong, for people.
    error: String,
}

impl From<JobError> for FailureLine {
    fn from(failure: JobError) -> Self {
        Self { attempt: failure.claim, at: shown(failure.at), error: failure.error }
    }
}

/// All that is known of a job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobBody {
    #[serde(flatten)]
    job: JobLine,
    /// What it is to do.
    #[schema(value_type = Object)]
    data: Value,
    /// What its effect wrote about itself; none before it is completed.
    #[schema(required, value_type = Option<Object>)]
    receipt: Option<Value>,
    /// The last ten failures, oldest first.
    errors: Vec<FailureLine>,
    /// Further requests that it answers.
    coalesced: i32,
    /// Nominal time of the schedule that started it.
    #[schema(required, format = DateTime)]
    scheduled_for: Option<String>,
}

impl From<JobDetail> for JobBody {
    fn from(detail: JobDetail) -> Self {
        Self {
            job: detail.job.into(),
            data: detail.data,
            receipt: detail.receipt,
            errors: detail.errors.into_iter().map(FailureLine::from).collect(),
            coalesced: detail.coalesced,
            scheduled_for: shown_if(detail.scheduled_for),
        }
    }
}
