//! What the HTTP worker does: one file a command.

pub mod authenticate;
pub mod hand_in;
pub mod preview_config;
pub mod publish_config;
pub mod put_features;
pub mod rebuild_boards;
pub mod recalculate;
pub mod rehearsal;
pub mod rehearse;
pub mod replay;
pub mod report_events;
pub mod reserve;
pub mod show_score;
pub mod start_run;
pub mod verify_audit;
pub mod verify_ledger;
pub mod write_tournament;

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::{Message, Queue};
use mauntic_domain::trace::TraceContext;
use serde_json::Value;
use uuid::Uuid;

use crate::ports::{Database, Enqueued, PortError, Ports, TenantStore, Wakeup, Wakeups};

/// The session of these ports.
pub type SessionOf<P> = <<P as Ports>::Db as Database>::Session;

/// Sends messages for jobs that were just committed, and marks them sent; those
/// beyond the organization's share are left to the relay.
///
/// A failure is not the caller's: the rows stand, their `wake_at` is a minute
/// away, and the tick sends them. The error comes back to be logged.
pub(crate) async fn send_created<P: Ports, S: TenantStore>(
    ports: &P,
    session: &S,
    organization: &OrganizationId,
    rows: &[Enqueued],
    request_id: &str,
) -> Result<(), PortError> {
    for queue in Queue::ALL {
        let created = || rows.iter().filter(|row| row.send_now && row.queue == queue);
        let starter = session.starter();
        let of = |row| Wakeup::from(message(row, request_id, starter));
        let messages: Vec<Wakeup> = created().map(of).collect();
        if messages.is_empty() {
            continue;
        }
        ports.wakeups().send(queue, &messages).await?;
        let ids: Vec<Uuid> = created().map(|row| row.id).collect();
        session.mark_own_sent(organization, &ids).await?;
    }
    Ok(())
}

/// The message of a row: type, address and correlation; the row has the rest.
fn message(row: &Enqueued, request_id: &str, starter: Option<TraceContext>) -> Message {
    Message {
        type_name: row.type_name.clone(),
        data: Value::Null,
        job_id: Some(row.id),
        request_id: Some(request_id.to_owned()),
        execution_id: None,
        idempotency_key: None,
        scheduled_for: None,
        enqueued_at: Some(row.enqueued_at),
        traceparent: starter.map(TraceContext::traceparent),
        v: None,
    }
}
