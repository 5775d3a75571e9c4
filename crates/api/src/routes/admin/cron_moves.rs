//! What operators do to a schedule: run it now, pause and resume it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mauntic_domain::schedules::{MARKET_KEY_PREFIX, schedule_of};
use mauntic_flows::commands::start_run::{Started, start_run};
use mauntic_flows::ports::{Host, Opened, Ports, ScheduleStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ReasonBody, only_reason, reason};
use crate::auth::Operator;
use crate::body::{JsonBody, OptionalBody};
use crate::code::Code;
use crate::form::Form;
use crate::idempotency::Keyed;
use crate::observe::{RequestId, note_send};
use crate::params::NamePath;
use crate::problem::Problem;
use crate::problems::{PauseProblems, RunScheduleProblems};
use crate::routes::shown;
use crate::source::{REASON_CHARS_MAX, Source};
use crate::state::Shared;

/// A run was started.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartedBody {
    /// True.
    success: bool,
    job_key: String,
    /// `manual`.
    trigger: &'static str,
    #[schema(value_type = String, format = "uuid")]
    execution_id: Uuid,
    #[schema(format = DateTime)]
    queued_at: String,
    /// For people; says so if the schedule is paused.
    message: String,
}

/// Whether a schedule is to be paused.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PauseRequest, example = json!({"paused": true, "note": "the provider is down"}))]
pub(crate) struct PauseBody {
    /// True to pause, false to resume.
    paused: bool,
    /// What others should know; needed to pause, and not taken to resume.
    #[schema(min_length = 1, max_length = 500)]
    note: Option<String>,
    /// Why, in your words; the audit keeps it.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// A schedule was paused or resumed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PausedBody {
    job_key: String,
    paused: bool,
    #[schema(required)]
    note: Option<String>,
}

/// Runs a schedule now, paused or not, unless a run of it is open.
#[utoipa::path(
    post,
    path = "/api/v2/admin/cron/{jobKey}/run",
    operation_id = "run_cron",
    tag = "admin",
    params(
        ("jobKey" = String, Path, description = "The schedule"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<ReasonBody>, content_type = "application/json"),
    responses((status = 202, description = "The run is queued", body = StartedBody), RunScheduleProblems),
    security(("bearer" = []))
)]
pub(super) async fn run<P: Ports>(
    State(state): State<Shared<P>>,
    operator: Operator<P>,
    NamePath(job_key): NamePath,
    request_id: RequestId,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<(StatusCode, Json<StartedBody>), Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let act = operator.act(only_reason(fields)?, key);
    let session = operator.begin(act);
    let schedules = session.schedules(&[job_key.as_str()]).await?;
    let row = schedules.rows.into_iter().find(|row| row.job_key == job_key);
    if row.is_none() && job_key.starts_with(MARKET_KEY_PREFIX) {
        return Err(unknown(&job_key));
    }
    let host = state.ports.host();
    let (run_id, job_id) = (host.new_id(), host.new_id());
    let started =
        start_run(state.ports.as_ref(), &session, &job_key, (run_id, job_id), &request_id.0);
    let run_id = match started.await? {
        Started::Opened { run_id, sent } => {
            note_send(&state, &request_id, sent);
            run_id
        }
        Started::Held(opened) => return Err(held(&opened)),
        Started::UnknownSchedule => return Err(Problem::new(Code::ScheduleNotFound)),
    };
    let note = row.and_then(|row| row.paused);
    let body = StartedBody {
        success: true,
        job_key,
        trigger: "manual",
        execution_id: run_id,
        queued_at: shown(schedules.now),
        message: message(note.as_deref()),
    };
    Ok((StatusCode::ACCEPTED, Json(body)))
}

fn message(pause: Option<&str>) -> String {
    match pause {
        Some(note) => format!(
            "The run is queued. The schedule is paused and stays so: its own times start none ({note})."
        ),
        None => "The run is queued.".to_owned(),
    }
}

pub(super) fn held(opened: &Opened) -> Problem {
    let problem = Problem::new(Code::RunHeld);
    match opened {
        Opened::Held { holder, since, expires_at } => problem
            .member("holder", holder.to_string())
            .member("lockAcquiredAt", shown(*since))
            .member("expiresAt", shown(*expires_at)),
        Opened::Started { .. } => problem,
    }
}

/// Pauses a schedule with a note, or resumes it.
#[utoipa::path(
    patch,
    path = "/api/v2/admin/cron/{jobKey}",
    operation_id = "pause_cron",
    tag = "admin",
    params(("jobKey" = String, Path, description = "The schedule")),
    request_body(content = PauseBody, content_type = "application/json"),
    responses((status = 200, description = "Paused, or resumed", body = PausedBody), PauseProblems),
    security(("bearer" = []))
)]
pub(super) async fn pause<P: Ports>(
    operator: Operator<P>,
    NamePath(job_key): NamePath,
    JsonBody(fields): JsonBody,
) -> Result<Json<PausedBody>, Problem> {
    // The route's own name for what it does is a pause.
    let resumes = fields.get("paused") == Some(&Value::Bool(false));
    let refuse = |problem: Problem| if resumes { problem.refusing("cron.resume") } else { problem };
    let (note, reason) = parse(Form::of(fields, &["paused", "note", "reason"])).map_err(refuse)?;
    let act = operator.act(reason, None);
    let paused = operator.begin(act).pause(&job_key, note.as_deref()).await;
    if !paused.map_err(|error| refuse(error.into()))? {
        return Err(refuse(unknown(&job_key)));
    }
    Ok(Json(PausedBody { job_key, paused: note.is_some(), note }))
}

/// The note, of a pause only, and the reason.
fn parse(mut form: Form) -> Result<(Option<String>, Option<String>), Problem> {
    let paused = form.flag("paused");
    let note = form.short("note", REASON_CHARS_MAX);
    let reason = reason(&mut form);
    match (paused, &note) {
        (Some(false), Some(_)) => form.fault("note", "is only for a pause".to_owned()),
        (Some(true), None) => form.fault("note", "must say why it is paused".to_owned()),
        (None, _) => form.fault("paused", "must be true or false".to_owned()),
        _ => {}
    }
    form.done()?;
    Ok((note, reason))
}

/// There is no row to pause.
fn unknown(job_key: &str) -> Problem {
    if job_key.starts_with(MARKET_KEY_PREFIX) {
        let detail = "No tick has found the market in OVERNIGHT_MARKET_CRONS.";
        return Problem::with_detail(Code::ScheduleNotFound, detail);
    }
    if schedule_of(job_key).is_some() {
        let detail = "No tick has looked at the schedule yet; try again in a minute.";
        return Problem::with_detail(Code::ScheduleNotFound, detail);
    }
    Problem::new(Code::ScheduleNotFound)
}
