//! A replay of many: how far it is, and its end by hand.

use axum::Json;
use mauntic_flows::ports::{Ended, OperatorStore, Ports, ReplayRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::replay_order::FilterBody;
use super::{ReasonBody, only_reason};
use crate::auth::Operator;
use crate::body::OptionalBody;
use crate::code::Code;
use crate::idempotency::Keyed;
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::{CancelReplayProblems, ReplayProblems};
use crate::routes::{shown, shown_if};

/// A replay of many.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayLine {
    #[schema(value_type = String, format = "uuid")]
    replay_id: Uuid,
    /// `canary`, `running`; `completed`, `stopped` (a canary failed), `cancelled`.
    status: String,
    filter: FilterBody,
    /// Most cases.
    limit: u32,
    /// Cases that are replayed first.
    canary: u32,
    /// Most jobs that become available in a second.
    per_second: u32,
    /// Who asked for it.
    actor: String,
    /// Why, in their words.
    #[schema(required)]
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// Cases replayed so far.
    replayed: u32,
    /// Cases left open: without a job, or another job has their key.
    refused: u32,
    /// Of the jobs it replayed, those completed.
    completed: u32,
    /// Those that are dead letters again.
    dead_again: u32,
    /// Those that are neither.
    unfinished: u32,
    /// The canaries' jobs.
    #[schema(value_type = Vec<String>)]
    canaries: Vec<Uuid>,
    /// The canary's job that failed.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    stopped_by: Option<Uuid>,
    /// When the last job that was released becomes available.
    #[schema(format = DateTime)]
    paced_until: String,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
}

impl From<ReplayRow> for ReplayLine {
    fn from(row: ReplayRow) -> Self {
        Self {
            replay_id: row.id,
            status: row.status,
            filter: row.filter.into(),
            limit: row.limit,
            canary: row.canary,
            per_second: row.per_second,
            actor: row.actor,
            reason: row.why,
            created_at: shown(row.created_at),
            replayed: row.replayed,
            refused: row.refused,
            completed: row.completed,
            dead_again: row.dead_again,
            unfinished: row.unfinished,
            canaries: row.canaries,
            stopped_by: row.stopped_by,
            paced_until: shown(row.paced_until),
            finished_at: shown_if(row.finished_at),
        }
    }
}

/// A replay of many was ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelledReplay {
    #[schema(value_type = String, format = "uuid")]
    replay_id: Uuid,
    /// `cancelled`.
    status: &'static str,
}

/// How far a replay of many is.
#[utoipa::path(
    get,
    path = "/api/v2/admin/dlq/replays/{id}",
    operation_id = "get_replay",
    tag = "admin",
    params(("id" = String, Path, description = "The replay", format = "uuid")),
    responses((status = 200, description = "The replay", body = ReplayLine), ReplayProblems),
    security(("bearer" = []))
)]
pub(super) async fn replay<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
) -> Result<Json<ReplayLine>, Problem> {
    let found = operator.look().replay_row(id).await?;
    found.map(|row| Json(row.into())).ok_or_else(|| Problem::new(Code::ReplayNotFound))
}

/// Ends a replay of many: nothing more is released, and what was goes on.
#[utoipa::path(
    post,
    path = "/api/v2/admin/dlq/replays/{id}/cancel",
    operation_id = "cancel_replay",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The replay", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<ReasonBody>, content_type = "application/json"),
    responses((status = 200, description = "It is over", body = CancelledReplay), CancelReplayProblems),
    security(("bearer" = []))
)]
pub(super) async fn cancel_replay<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<Json<CancelledReplay>, Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let act = operator.act(only_reason(fields)?, key);
    match operator.begin(act).end_replay(id).await? {
        Ended::Done { .. } => Ok(Json(CancelledReplay { replay_id: id, status: "cancelled" })),
        Ended::Unknown => Err(Problem::new(Code::ReplayNotFound)),
        Ended::Over { status } => {
            Err(Problem::new(Code::ReplayOver).member("replayStatus", status))
        }
    }
}
