//! Jobs: the search over a queue's, one of them, and its end by hand.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::message::KEY_CHARS_MAX;
use mauntic_flows::ports::{JobFilter, JobStore, OperatorStore, Ports};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::job_lines::{JobBody, JobLine};
use super::{ReasonBody, only_reason};
use crate::auth::Operator;
use crate::body::OptionalBody;
use crate::code::Code;
use crate::idempotency::Keyed;
use crate::page::{Asked, Listed};
use crate::params::{IdPath, QueuePath};
use crate::problem::Problem;
use crate::problems::{CancelJobProblems, JobProblems, QueueProblems};
use crate::query::Query;
use crate::source::{NAME_CHARS_MAX, Source, UUID_FORM, uuid};

/// Most ids of one search, as [`JobFilter`] takes them.
const IDS_MAX: usize = 100;

/// A job was cancelled.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelledJob {
    #[schema(value_type = String, format = "uuid")]
    job_id: Uuid,
    /// `cancelled`.
    state: &'static str,
}

/// A queue's jobs, newest first: all that is named must hold. A search looks at
/// a bounded number of rows a page, so that a page may be short and still have
/// a next one.
#[utoipa::path(
    get,
    path = "/api/v2/admin/queues/{queue}/jobs",
    operation_id = "list_queue_jobs",
    tag = "admin",
    params(
        ("queue" = String, Path, description = "The queue's production name"),
        ("state" = Option<String>, Query, description = "In one of these states, joined by commas", example = "queued,failed"),
        ("type" = Option<String>, Query, description = "Of this type", max_length = 100),
        ("organizationId" = Option<String>, Query, description = "Of this organization", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("idempotencyKey" = Option<String>, Query, description = "With this key, held or given up", max_length = 200),
        ("runId" = Option<String>, Query, description = "Of this run", format = "uuid"),
        ("id" = Option<String>, Query, description = "One of these, repeated or joined by commas; at most 100"),
        ("payload" = Option<String>, Query, description = "Whose data contains this JSON object, of at most 4096 bytes", example = r#"{"contactId":"contact_456"}"#),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<JobLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        QueueProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn queue_jobs<P: Ports>(
    operator: Operator<P>,
    QueuePath(queue): QueuePath,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<JobLine>>), Problem> {
    let once = ["type", "organizationId", "idempotencyKey", "runId", "payload", "limit", "cursor"];
    let mut query = Query::of(&uri, &once, &["state", "id"]);
    let (asked, before) = Asked::read(&uri, &mut query);
    let filter = JobFilter {
        ids: query.items("id", IDS_MAX, UUID_FORM, uuid),
        queue: Some(queue),
        type_name: query.short("type", NAME_CHARS_MAX),
        organization_id: query.organization("organizationId"),
        states: states(&mut query),
        idempotency_key: query.short("idempotencyKey", KEY_CHARS_MAX),
        run_id: query.id("runId"),
        payload: query.payload("payload"),
    };
    query.done()?;
    let paged = operator.look().jobs(&filter, asked.page(before)).await?;
    Ok(asked.answer(paged))
}

/// The states that a query names.
pub(super) fn states(query: &mut Query) -> Vec<JobState> {
    let names = JobState::ALL.map(JobState::as_str).join(", ");
    query.items("state", JobState::ALL.len(), &format!("one of {names}"), JobState::from_name)
}

/// A job, with its data, its receipt and its last failures.
#[utoipa::path(
    get,
    path = "/api/v2/admin/jobs/{id}",
    operation_id = "get_job",
    tag = "admin",
    params(("id" = String, Path, description = "The job", format = "uuid")),
    responses((status = 200, description = "The job", body = JobBody), JobProblems),
    security(("bearer" = []))
)]
pub(super) async fn job<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
) -> Result<Json<JobBody>, Problem> {
    let found = operator.look().job(id).await?;
    found.map(|job| Json(job.into())).ok_or_else(|| Problem::new(Code::JobNotFound))
}

/// Cancels a job that is queued, or failed and to be tried again.
#[utoipa::path(
    post,
    path = "/api/v2/admin/jobs/{id}/cancel",
    operation_id = "cancel_job",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The job", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<ReasonBody>, content_type = "application/json"),
    responses((status = 200, description = "It is cancelled", body = CancelledJob), CancelJobProblems),
    security(("bearer" = []))
)]
pub(super) async fn cancel_job<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<Json<CancelledJob>, Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let act = operator.act(only_reason(fields)?, key);
    let session = operator.begin(act);
    if session.cancel(&[id]).await?.contains(&id) {
        let state = JobState::Cancelled.as_str();
        return Ok(Json(CancelledJob { job_id: id, state }));
    }
    match session.job(id).await? {
        Some(found) => {
            Err(Problem::new(Code::JobNotWaiting).member("state", found.job.state.as_str()))
        }
        None => Err(Problem::new(Code::JobNotFound)),
    }
}
