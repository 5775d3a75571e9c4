//! What the HTTP worker does: one file a command.

pub mod authenticate;
pub mod put_features;
pub mod recalculate;

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::message::VERSION;
use mauntic_domain::jobs::{Message, Queue};
use serde_json::Value;
use uuid::Uuid;

use crate::ports::{Enqueued, NewJob, PortError, Ports, TenantStore, Wakeups};

/// Sends messages for jobs that were just committed, and marks them sent.
///
/// A failure is not the caller's: the rows stand, their `wake_at` is a minute
/// away, and the tick sends them. The error comes back to be logged.
pub(crate) async fn send_created<P: Ports, S: TenantStore>(
    ports: &P,
    session: &S,
    organization: &OrganizationId,
    jobs: &[(NewJob, Enqueued)],
) -> Result<(), PortError> {
    for queue in Queue::ALL {
        let created = || {
            jobs.iter()
                .filter(|(_, row)| row.created && row.queue == queue)
        };
        let messages: Vec<Message> = created().map(|(job, row)| message(job, row)).collect();
        if messages.is_empty() {
            continue;
        }
        ports.wakeups().send(queue, &messages).await?;
        let ids: Vec<Uuid> = created().map(|(_, row)| row.id).collect();
        session.mark_own_sent(organization, &ids).await?;
    }
    Ok(())
}

/// The message of a row: type, address and correlation; the row has the rest.
fn message(job: &NewJob, row: &Enqueued) -> Message {
    Message {
        type_name: row.type_name.clone(),
        data: Value::Null,
        job_id: Some(row.id),
        request_id: Some(job.request_id.clone()),
        execution_id: None,
        idempotency_key: None,
        scheduled_for: None,
        enqueued_at: Some(row.enqueued_at),
        traceparent: None,
        v: Some(VERSION),
    }
}
