//! Publishes the draft of an organization's configuration; its contacts are
//! scored by it in a run.
//!
//! I/O: 1. the document, its run with the planner and the audit in one
//! transaction, or nothing where the configuration is not as it was seen; 2. send;
//! 3. mark sent. A repeat of 1 finds another state, or under the act's key the
//! first answer; a death after 1 or 2 leaves the sending to the tick.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::{JobState, JobType};

use super::send_created;
use crate::ports::{
    Act, ConfigStore, ConfigToken, Enqueued, PortError, Ports, Publication, TenantStore, Unchanged,
};

/// What came of it, and what sending met, for the log.
pub type Outcome = (Result<Publication, Unchanged>, Result<(), PortError>);

/// Publishes the draft of the state that was seen.
///
/// # Errors
/// The database's; then nothing was published.
pub async fn publish_config<P: Ports, S: ConfigStore + TenantStore>(
    ports: &P,
    session: &S,
    organization: &OrganizationId,
    act: &Act,
    seen: ConfigToken,
) -> Result<Outcome, PortError> {
    let published = session.publish_config(organization, act, seen).await?;
    let planner = published.as_ref().ok().and_then(|publication| publication.planner);
    let rows: Vec<Enqueued> = planner
        .map(|(id, enqueued_at)| Enqueued {
            id,
            type_name: JobType::BatchRecompute.name().to_owned(),
            queue: JobType::BatchRecompute.queue(),
            created: true,
            state: JobState::Queued,
            send_now: true,
            enqueued_at,
        })
        .into_iter()
        .collect();
    let sent = send_created(ports, session, organization, &rows, &act.request_id).await;
    Ok((published, sent))
}
