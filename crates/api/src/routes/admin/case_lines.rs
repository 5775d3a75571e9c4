//! Dead letters as operators see them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mauntic_flows::ports::{CaseDetail, CaseGroup, CaseView};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::job_lines::{FailureLine, JobLine};
use crate::routes::{shown, shown_if};

/// A dead letter.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseLine {
    #[schema(value_type = String, format = "uuid")]
    case_id: Uuid,
    queue: String,
    /// None where the body names none.
    #[serde(rename = "type")]
    #[schema(required)]
    type_name: Option<String>,
    #[schema(required)]
    organization_id: Option<String>,
    /// Its job; none of a body that is no message.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    job_id: Option<Uuid>,
    /// The platform's id of its message, where it came as one.
    #[schema(required)]
    message_id: Option<String>,
    /// Stable name of why.
    reason: String,
    /// What exactly, for people.
    detail: String,
    /// What it is grouped by.
    fingerprint: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was decided; none for an open one.
    #[schema(required, format = DateTime)]
    decided_at: Option<String>,
    /// `replayed` or `discarded`.
    #[schema(required)]
    decision: Option<String>,
    /// Who decided: a key's id, or `bootstrap`.
    #[schema(required)]
    decided_by: Option<String>,
    /// Why, in their words.
    #[schema(required)]
    decided_why: Option<String>,
    /// The replay of many that took it.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    replay_id: Option<Uuid>,
    /// The job that it was replayed as.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    replayed_as: Option<Uuid>,
}

impl From<CaseView> for CaseLine {
    fn from(case: CaseView) -> Self {
        Self {
            case_id: case.id,
            queue: case.queue,
            type_name: case.type_name,
            organization_id: case.organization_id,
            job_id: case.job_id,
            message_id: case.message_id,
            reason: case.reason,
            detail: case.detail,
            fingerprint: case.fingerprint,
            created_at: shown(case.created_at),
            decided_at: shown_if(case.decided_at),
            decision: case.decision,
            decided_by: case.decided_by,
            decided_why: case.decided_why,
            replay_id: case.replay_id,
            replayed_as: case.replayed_as,
        }
    }
}

/// Open dead letters of one fingerprint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupLine {
    fingerprint: String,
    #[serde(rename = "type")]
    #[schema(required)]
    type_name: Option<String>,
    reason: String,
    /// The newest one's.
    detail: String,
    /// How many are open.
    open: i64,
    /// Of how many organizations.
    organizations: i64,
    #[schema(format = DateTime)]
    first_seen: String,
    #[schema(format = DateTime)]
    last_seen: String,
    #[schema(value_type = String, format = "uuid")]
    newest_case_id: Uuid,
}

impl From<CaseGroup> for GroupLine {
    fn from(group: CaseGroup) -> Self {
        Self {
            fingerprint: group.fingerprint,
            type_name: group.type_name,
            reason: group.reason,
            detail: group.detail,
            open: group.open,
            organizations: group.organizations,
            first_seen: shown(group.first_seen),
            last_seen: shown(group.last_seen),
            newest_case_id: group.newest,
        }
    }
}

/// All that is known of a dead letter.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseBody {
    #[serde(flatten)]
    case: CaseLine,
    /// The body as it came, or the job's data as JSON text.
    body: String,
    /// `text`, or `base64` for a body that is no UTF-8.
    #[schema(pattern = "^(text|base64)$")]
    body_encoding: &'static str,
    /// Attempts of its job.
    attempts: i32,
    /// The job's last ten failures, oldest first.
    errors: Vec<FailureLine>,
    #[schema(required)]
    job: Option<JobLine>,
    /// Every dead letter of the job, oldest first, this one with them.
    lineage: Vec<CaseLine>,
}

impl From<CaseDetail> for CaseBody {
    fn from(detail: CaseDetail) -> Self {
        let (body, body_encoding) = match String::from_utf8(detail.body) {
            Ok(text) => (text, "text"),
            Err(bytes) => (STANDARD.encode(bytes.as_bytes()), "base64"),
        };
        let (job, errors) = match detail.job {
            Some(job) => (Some(job.job), job.errors),
            None => (None, Vec::new()),
        };
        Self {
            case: detail.case.into(),
            body,
            body_encoding,
            attempts: job.as_ref().map_or(0, |job| job.claim),
            errors: errors.into_iter().map(FailureLine::from).collect(),
            job: job.map(JobLine::from),
            lineage: detail.lineage.into_iter().map(CaseLine::from).collect(),
        }
    }
}
