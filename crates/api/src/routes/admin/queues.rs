//! `GET /api/v2/admin/queues`: what waits, by our own rows and by the platform.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::{Backlog, KeyStore, Ports, QueueStats, Wakeups};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Operator;
use crate::log::LogLine;
use crate::observe::RequestId;
use crate::problem::Problem;
use crate::problems::OperatorProblems;
use crate::state::Shared;

/// Every queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queues {
    /// By name.
    queues: Vec<QueueCounts>,
}

/// The jobs of a queue, all organizations together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueCounts {
    name: String,
    /// Waiting for their first or next attempt.
    pending: i64,
    /// Being done now.
    processing: i64,
    /// Failed, to be tried again.
    failed: i64,
    /// Given up; they wait for somebody's decision.
    dead_letters: i64,
    /// Age of the oldest that waits, in seconds.
    #[schema(required)]
    oldest_seconds: Option<i64>,
    /// What the platform says waits; none where it does not say. Messages are
    /// only wake-ups, so that this counts neither jobs nor what is left to do.
    #[schema(required)]
    backlog: Option<BacklogCounts>,
}

/// Messages that wait on the platform's queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BacklogCounts {
    messages: i64,
    #[schema(required)]
    bytes: Option<i64>,
}

impl QueueCounts {
    fn of(name: String, stats: QueueStats, backlog: Option<Backlog>) -> Self {
        Self {
            name,
            pending: stats.pending,
            processing: stats.processing,
            failed: stats.failed,
            dead_letters: stats.dead_letters,
            oldest_seconds: stats.oldest_secs,
            backlog: backlog
                .map(|found| BacklogCounts { messages: found.messages, bytes: found.bytes }),
        }
    }
}

/// An empty queue has no rows to be counted, and is shown all the same.
pub(crate) fn of_every_queue(
    mut counted: BTreeMap<String, QueueStats>,
) -> BTreeMap<String, QueueStats> {
    for queue in Queue::ALL {
        counted.entry(queue.name().to_owned()).or_default();
    }
    counted
}

/// What waits in the queues.
#[utoipa::path(
    get,
    path = "/api/v2/admin/queues",
    tag = "admin",
    responses((status = 200, description = "Counts by queue", body = Queues), OperatorProblems),
    security(("bearer" = []))
)]
pub(super) async fn queues<P: Ports>(
    State(state): State<Shared<P>>,
    operator: Operator<P>,
    request_id: RequestId,
) -> Result<Json<Queues>, Problem> {
    let stats = of_every_queue(operator.look().queue_stats().await?);
    let mut queues = Vec::with_capacity(stats.len());
    for (name, stats) in stats {
        let backlog = match Queue::from_name(&name) {
            Some(queue) => backlog(&state, &request_id, queue).await,
            None => None,
        };
        queues.push(QueueCounts::of(name, stats, backlog));
    }
    Ok(Json(Queues { queues }))
}

/// Best effort: our own counts stand without it.
async fn backlog<P: Ports>(
    state: &Shared<P>,
    request_id: &RequestId,
    queue: Queue,
) -> Option<Backlog> {
    match state.ports.wakeups().backlog(queue).await {
        Ok(backlog) => backlog,
        Err(error) => {
            state.log.line(&LogLine::BacklogUnknown {
                request_id: &request_id.0,
                code: error.code(),
                cause: &error.to_string(),
            });
            None
        }
    }
}
