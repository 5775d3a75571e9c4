//! `GET /api/v2/admin/queues`.

use std::collections::BTreeMap;

use axum::Json;
use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::{KeyStore, Ports, QueueStats};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Operator;
use crate::openapi::OperatorProblems;
use crate::problem::Problem;

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
}

impl QueueCounts {
    fn of(name: String, stats: QueueStats) -> Self {
        Self {
            name,
            pending: stats.pending,
            processing: stats.processing,
            failed: stats.failed,
            dead_letters: stats.dead_letters,
            oldest_seconds: stats.oldest_secs,
        }
    }
}

/// What waits in the queues.
#[utoipa::path(
    get,
    path = "/api/v2/admin/queues",
    tag = "admin",
    responses((status = 200, description = "Counts by queue", body = Queues), OperatorProblems),
    security(("bearer" = []))
)]
pub(super) async fn queues<P: Ports>(operator: Operator<P>) -> Result<Json<Queues>, Problem> {
    // An empty queue has no rows to be counted, and is shown all the same.
    let mut stats: BTreeMap<String, QueueStats> = Queue::ALL
        .into_iter()
        .map(|queue| (queue.name().to_owned(), QueueStats::default()))
        .collect();
    stats.extend(operator.session.queue_stats().await?);
    let queues = stats.into_iter();
    Ok(Json(Queues { queues: queues.map(|(name, s)| QueueCounts::of(name, s)).collect() }))
}
