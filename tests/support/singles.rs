//! Single `scoring.CalculateScore` jobs and their messages, as a batch of the queue has them.

use mauntic_flows::consume::{Body, Delivery};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// Jobs for contacts as [`fill`](crate::recompute::fill) makes them, whose messages are out:
/// what was never sent would be sent by who ends a batch.
pub async fn enqueue(owner: &Client, organization: &str, contacts: i64, jobs: i64) -> Vec<Uuid> {
    let sql =
        "insert into jobs.job (queue, type, organization_id, data, failures_max, resends, wake_at)
      select 'mauntic-scoring-events', 'scoring.CalculateScore', $1,
             jsonb_build_object('organizationId', $1::text,
               'contactId', 'contact_' || lpad((1 + n * 7919 % $2::int8)::text, 8, '0')), 3, 1,
             clock_timestamp() + interval '15 min'
      from generate_series(1, $3::int8) n returning id";
    let rows = owner.query(sql, &[&organization, &contacts, &jobs]).await.expect("jobs");
    rows.iter().map(|row| row.get(0)).collect()
}

/// A job's message.
#[must_use]
pub fn message(id: &Uuid) -> String {
    json!({"type": "scoring.CalculateScore", "jobId": id}).to_string()
}

/// Jobs' messages, as a worker is handed them.
#[must_use]
pub fn deliveries(ids: &[Uuid]) -> Vec<Delivery> {
    let delivery =
        |id: &Uuid| Delivery { message_id: id.to_string(), body: Body::Text(message(id)) };
    ids.iter().map(delivery).collect()
}
