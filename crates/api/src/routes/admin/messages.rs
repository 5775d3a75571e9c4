//! `POST /api/v2/admin/queues/{queue}/messages`: what a producer would send, by
//! hand: checked as the consumer would read it, and a row before it is sent.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use mauntic_domain::jobs::JobState;
use mauntic_domain::trace::TraceContext;
use mauntic_flows::commands::hand_in::{HandedIn, hand_in};
use mauntic_flows::ports::{Host, Ports, TenantStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{reason, refusals};
use crate::auth::Operator;
use crate::body::JsonBody;
use crate::idempotency::Keyed;
use crate::observe::{RequestId, note_send};
use crate::params::QueuePath;
use crate::problem::Problem;
use crate::problems::MessageProblems;
use crate::query::Query;
use crate::state::Shared;

/// A message; fields that are not known are tolerated, as on the queue.
// For the document only: the domain reads it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessageRequest, example = json!({"type": "scoring.BatchRecompute"}))]
pub(crate) struct MessageBody {
    /// The job's type.
    #[serde(rename = "type")]
    type_name: String,
    /// The job's data, as its type has it.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// Key under which the job exists at most once.
    #[schema(min_length = 1, max_length = 200)]
    idempotency_key: Option<String>,
    /// Correlation id; the request's own by default.
    request_id: Option<String>,
    /// Version of the data's shape; 1 by default.
    v: Option<u16>,
}

/// The job is there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnqueuedBody {
    #[schema(value_type = String, format = "uuid")]
    job_id: Uuid,
    /// Its run.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    execution_id: Option<Uuid>,
    /// Its state: `queued`, or what has become of a job with the message's key
    /// that was there already.
    state: String,
    /// Whether it is new.
    created: bool,
}

/// Enqueues a job by hand.
#[utoipa::path(
    post,
    path = "/api/v2/admin/queues/{queue}/messages",
    operation_id = "enqueue_message",
    tag = "admin",
    params(
        ("queue" = String, Path, description = "The queue's production name"),
        ("reason" = Option<String>, Query, description = "Why, in your words; the audit keeps it", min_length = 1, max_length = 500),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = MessageBody, content_type = "application/json"),
    responses((status = 202, description = "It is queued, or was", body = EnqueuedBody), MessageProblems),
    security(("bearer" = []))
)]
pub(super) async fn enqueue<P: Ports>(
    State(state): State<Shared<P>>,
    operator: Operator<P>,
    QueuePath(queue): QueuePath,
    uri: Uri,
    request_id: RequestId,
    keyed: Keyed,
    JsonBody(fields): JsonBody,
) -> Result<(StatusCode, Json<EnqueuedBody>), Problem> {
    let mut query = Query::of(&uri, &["reason"], &[]);
    let reason = reason(&mut query);
    query.done()?;
    let message = Value::Object(fields);
    let key = keyed.with(operator.holder(), &message);
    let act = operator.act(reason, key);
    let mut session = operator.begin(act);
    // Its own span before that of the request, as with its correlation id.
    let own = message.get("traceparent").and_then(Value::as_str).and_then(TraceContext::parse);
    if let Some(own) = own {
        session.start_by(own);
    }
    let host = state.ports.host();
    let (run_id, job_id) = (host.new_id(), host.new_id());
    let handed =
        hand_in(state.ports.as_ref(), &session, queue, &message, (run_id, job_id), &request_id.0);
    let body = match handed.await? {
        HandedIn::Queued { run_id, job_id, sent, .. } => {
            note_send(&state, &request_id, sent);
            let state = JobState::Queued.as_str().to_owned();
            EnqueuedBody { job_id, execution_id: Some(run_id), state, created: true }
        }
        HandedIn::Exists { job_id, run_id, state } => {
            EnqueuedBody { job_id, execution_id: run_id, state, created: false }
        }
        HandedIn::Refused(refusal) => return Err(refusals::of_message(&refusal)),
    };
    Ok((StatusCode::ACCEPTED, Json(body)))
}
