//! Dry runs: what a replay would do. The effect's statements run in a transaction
//! that is rolled back, so that only what a job writes to the database can be
//! shown.

use mauntic_flows::commands::rehearsal::{Attempt, Rehearsal};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusals;
use crate::code::Code;
use crate::problem::Problem;

/// What a replay of a case would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RehearsalBody {
    /// True.
    dry_run: bool,
    #[schema(value_type = String, format = "uuid")]
    case_id: Uuid,
    #[schema(required, value_type = Option<String>, format = "uuid")]
    job_id: Option<Uuid>,
    /// `refused` where nothing was tried: `reason` says why.
    #[schema(value_type = String, pattern = "^(completed|failed|snoozed|dead_lettered|refused)$")]
    outcome: Attempt,
    /// Stable name of why, where the outcome has one.
    #[schema(required)]
    reason: Option<String>,
    /// What exactly, for people.
    #[schema(required)]
    detail: Option<String>,
    /// What the receipt would say.
    #[schema(required, value_type = Option<Object>)]
    summary: Option<Value>,
    /// Scores that would be computed.
    scores: usize,
    /// Those of them that would not be written, because there are newer ones.
    superseded: usize,
    /// Jobs that would be enqueued.
    jobs: usize,
    /// Events that would be added.
    events: usize,
}

impl From<Rehearsal> for RehearsalBody {
    fn from(found: Rehearsal) -> Self {
        Self {
            dry_run: true,
            case_id: found.case_id,
            job_id: found.job_id,
            outcome: found.outcome,
            reason: found.reason,
            detail: found.detail,
            summary: found.summary,
            scores: found.scores,
            superseded: found.superseded,
            jobs: found.jobs,
            events: found.events,
        }
    }
}

/// The dry run of one case that somebody named: where the replay itself would be
/// refused, so is this, by the same code.
pub(super) fn of_one(found: Rehearsal) -> Result<RehearsalBody, Problem> {
    if found.outcome != Attempt::Refused {
        return Ok(found.into());
    }
    let detail = found.detail.clone().unwrap_or_default();
    let conflict =
        |code: Code| Err(Problem::with_detail(code, format!("Nothing was tried: {detail}.")));
    match found.reason.as_deref() {
        Some("not_database_only") => conflict(Code::NotDatabaseOnly),
        Some("not_dead") => conflict(Code::NotDead),
        Some("key_taken") => conflict(Code::KeyTaken),
        Some("unknown_type" | "unknown_version") => conflict(Code::TypeNotAvailable),
        Some("other_organization") => Err(refusals::fault("/data/organizationId", detail)),
        // Its job would be written first, and then there would be one.
        Some("no_job") | None => Ok(found.into()),
        Some(_) => Err(refusals::fault("/data", detail)),
    }
}
