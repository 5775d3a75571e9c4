//! A run: how far it is, its jobs, its end by hand, and its dead jobs again.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use mauntic_flows::ports::{Ended, JobFilter, OperatorStore, Ports, Retried, ScheduleStore};
use mauntic_flows::relay::send_due;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::job_lines::JobLine;
use super::jobs::states;
use super::run_lines::RunBody;
use super::{ReasonBody, only_reason};
use crate::auth::Operator;
use crate::body::OptionalBody;
use crate::code::Code;
use crate::idempotency::Keyed;
use crate::observe::{RequestId, note_send};
use crate::page::{Asked, Listed};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::{CancelRunProblems, RetryRunProblems, RunProblems};
use crate::query::Query;
use crate::state::Shared;

/// A run is ending.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelledRun {
    #[schema(value_type = String, format = "uuid")]
    execution_id: Uuid,
    /// Jobs that were cancelled; those in progress end by themselves.
    cancelled: u64,
}

/// A run's dead jobs are queued again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetriedRun {
    #[schema(value_type = String, format = "uuid")]
    execution_id: Uuid,
    /// Jobs that are queued again.
    queued: u64,
    /// Dead jobs that stay so, because another job has their key since.
    refused: u64,
    /// Dead jobs that stay so, because their case was discarded.
    discarded: u64,
}

/// How far a run is, and when it may end.
#[utoipa::path(
    get,
    path = "/api/v2/admin/runs/{id}",
    operation_id = "get_run",
    tag = "admin",
    params(("id" = String, Path, description = "The executionId", format = "uuid")),
    responses((status = 200, description = "The run", body = RunBody), RunProblems),
    security(("bearer" = []))
)]
pub(super) async fn run<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
) -> Result<Json<RunBody>, Problem> {
    let session = operator.look();
    let view = session.run_view(id).await?.ok_or_else(|| Problem::new(Code::RunNotFound))?;
    // The database's clock, for an empty list of schedules.
    let now = session.schedules(&[]).await?.now;
    Ok(Json(RunBody::at(view, now)))
}

/// A run's jobs, newest first.
#[utoipa::path(
    get,
    path = "/api/v2/admin/runs/{id}/jobs",
    operation_id = "list_run_jobs",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The executionId", format = "uuid"),
        ("state" = Option<String>, Query, description = "Only in these states, joined by commas", example = "dead_lettered,failed"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<JobLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        RunProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn run_jobs<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<JobLine>>), Problem> {
    let mut query = Query::of(&uri, &["limit", "cursor"], &["state"]);
    let (asked, before) = Asked::read(&uri, &mut query);
    let filter = JobFilter { run_id: Some(id), states: states(&mut query), ..JobFilter::default() };
    query.done()?;
    let session = operator.look();
    if session.run_view(id).await?.is_none() {
        return Err(Problem::new(Code::RunNotFound));
    }
    Ok(asked.answer(session.jobs(&filter, asked.page(before)).await?))
}

/// Ends a run: its jobs that wait are cancelled, those in progress end by
/// themselves.
#[utoipa::path(
    post,
    path = "/api/v2/admin/runs/{id}/cancel",
    operation_id = "cancel_run",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The executionId", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<ReasonBody>, content_type = "application/json"),
    responses((status = 200, description = "It is ending", body = CancelledRun), CancelRunProblems),
    security(("bearer" = []))
)]
pub(super) async fn cancel_run<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<Json<CancelledRun>, Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let act = operator.act(only_reason(fields)?, key);
    match operator.begin(act).end_run(id).await? {
        Ended::Done { jobs } => Ok(Json(CancelledRun { execution_id: id, cancelled: jobs })),
        Ended::Unknown => Err(Problem::new(Code::RunNotFound)),
        Ended::Over { status } => Err(Problem::new(Code::RunOver).member("runStatus", status)),
    }
}

/// Queues a run's dead jobs again, but for those whose case was discarded; the
/// run is open until they are done.
#[utoipa::path(
    post,
    path = "/api/v2/admin/runs/{id}/retry",
    operation_id = "retry_run",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The executionId", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<ReasonBody>, content_type = "application/json"),
    responses((status = 202, description = "They are queued", body = RetriedRun), RetryRunProblems),
    security(("bearer" = []))
)]
pub(super) async fn retry_run<P: Ports>(
    State(state): State<Shared<P>>,
    operator: Operator<P>,
    IdPath(id): IdPath,
    request_id: RequestId,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<(StatusCode, Json<RetriedRun>), Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let act = operator.act(only_reason(fields)?, key);
    let session = operator.begin(act);
    let body = match session.retry_run(id).await? {
        Retried::Done { jobs: queued, refused, discarded } => {
            RetriedRun { execution_id: id, queued, refused, discarded }
        }
        Retried::Unknown => return Err(Problem::new(Code::RunNotFound)),
        Retried::NoneDead => {
            let detail =
                "Nothing was changed; none of the run's jobs is a dead letter that is undecided.";
            return Err(Problem::with_detail(Code::NotDead, detail));
        }
    };
    // What is not sent now, the tick sends.
    let sent = send_due(state.ports.as_ref(), &session).await.map(|_| ());
    note_send(&state, &request_id, sent);
    Ok((StatusCode::ACCEPTED, Json(body)))
}
