//! `POST /api/v2/admin/dlq/{id}/replay`: one case, as it is or with other data,
//! for real or as a dry run.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mauntic_domain::jobs::JobState;
use mauntic_flows::commands::rehearsal::Cases;
use mauntic_flows::commands::replay::replay_one;
use mauntic_flows::ports::{CaseReplayed, Host, Ports};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rehearsals::{self, RehearsalBody};
use super::{reason, refusals};
use crate::auth::Operator;
use crate::body::OptionalBody;
use crate::code::Code;
use crate::form::Form;
use crate::idempotency::Keyed;
use crate::observe::{RequestId, note_send};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::ReplayCaseProblems;
use crate::source::Source;
use crate::state::Shared;

/// How a case is to be replayed.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReplayRequest, example = json!({"dryRun": true}))]
pub(crate) struct ReplayBody {
    /// In place of its data; of the same type and organization.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// Only says what it would do.
    dry_run: Option<bool>,
    /// Why, in your words; the audit and the case keep it.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// A case's job is queued.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayedCase {
    #[schema(value_type = String, format = "uuid")]
    case_id: Uuid,
    #[schema(value_type = String, format = "uuid")]
    job_id: Uuid,
    /// `queued`.
    state: &'static str,
}

/// Replays a dead letter: its job is queued again under the same id, so that its
/// effect happens at most once.
#[utoipa::path(
    post,
    path = "/api/v2/admin/dlq/{id}/replay",
    operation_id = "replay_case",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The case", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<ReplayBody>, content_type = "application/json"),
    responses(
        (status = 202, description = "Its job is queued", body = ReplayedCase),
        (status = 200, description = "What it would do", body = RehearsalBody),
        ReplayCaseProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn replay_case<P: Ports>(
    State(state): State<Shared<P>>,
    operator: Operator<P>,
    IdPath(id): IdPath,
    request_id: RequestId,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<Response, Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let mut form = Form::of(fields, &["data", "dryRun", "reason"]);
    let data = form.value("data");
    let is_dry = form.flag("dryRun").unwrap_or(false);
    let reason = reason(&mut form);
    form.done()?;
    let ports = state.ports.as_ref();
    if is_dry {
        let found = state.rehearsals.rehearse(Cases::One { id, data }).await?;
        let found = found.into_iter().next().ok_or_else(|| Problem::new(Code::CaseNotFound))?;
        return rehearsals::of_one(found).map(|body| Json(body).into_response());
    }
    let act = operator.act(reason, key);
    let session = operator.begin(act);
    let fresh_id = ports.host().new_id();
    let done = replay_one(ports, &session, id, data.as_ref(), fresh_id).await?;
    note_send(&state, &request_id, done.sent);
    let replayed = done.replayed.map_err(|refusal| refusals::of_case(&refusal))?;
    let job_id = job(replayed)?;
    let body = ReplayedCase { case_id: id, job_id, state: JobState::Queued.as_str() };
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// The job that is queued.
fn job(replayed: CaseReplayed) -> Result<Uuid, Problem> {
    match replayed {
        CaseReplayed::Queued { job_id } => Ok(job_id),
        CaseReplayed::Unknown => Err(Problem::new(Code::CaseNotFound)),
        CaseReplayed::NotDead => Err(Problem::new(Code::NotDead)),
        CaseReplayed::KeyTaken => Err(Problem::new(Code::KeyTaken)),
        CaseReplayed::NoContent => Err(refusals::fault(
            "/data",
            "must be given: the case has no job, and its body is none",
        )),
        CaseReplayed::OtherType { type_name } => {
            Err(refusals::fault("/data", format!("must be of the job's type, {type_name}")))
        }
        CaseReplayed::OtherOrganization => {
            let message = "must be the organization of the job";
            Err(refusals::fault("/data/organizationId", message))
        }
    }
}
