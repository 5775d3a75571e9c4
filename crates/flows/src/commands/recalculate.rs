//! Enqueues the scoring of named contacts.
//!
//! I/O: 1. all jobs in one transaction; 2. send; 3. mark sent. A repeat of 1
//! joins the jobs that are still queued; a death after 1 or 2 leaves the
//! sending to the tick.

use std::collections::BTreeSet;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::job::{CHUNK_CONTACTS_MAX, CalculateScore, RecomputeChunk};
use mauntic_domain::scoring::Context;

use super::put_features::score_contact;
use super::send_created;
use crate::ports::{Enqueued, NewJob, PortError, Ports, TenantStore};

/// Most contacts of one request: 20 chunk jobs, and under the 1 MiB of a body.
pub const CONTACTS_MAX: usize = 10_000;

/// Up to this many contacts get a job each, beyond it chunk jobs.
pub const SINGLE_JOBS_MAX: usize = 500;

/// What came of it, and what sending met, for the log.
pub type Outcome = (Vec<Enqueued>, Result<(), PortError>);

/// Enqueues one job a contact, or above [`SINGLE_JOBS_MAX`] contacts one job a
/// chunk. A context makes a job of its own: joining a queued one would lose it.
///
/// # Errors
/// The database's; then nothing was enqueued.
pub async fn recalculate<P: Ports, S: TenantStore>(
    ports: &P,
    session: &S,
    organization: &OrganizationId,
    contacts: &BTreeSet<ContactId>,
    context: Option<Context>,
    request_id: &str,
) -> Result<Outcome, PortError> {
    let jobs = plan(organization, contacts, context, request_id);
    let rows = session.enqueue(organization, &jobs).await?;
    let sent = send_created(ports, session, organization, &rows, request_id).await;
    Ok((rows, sent))
}

fn plan(
    organization: &OrganizationId,
    contacts: &BTreeSet<ContactId>,
    context: Option<Context>,
    request_id: &str,
) -> Vec<NewJob> {
    if let Some(context) = context.filter(|context| !context.is_empty()) {
        return contacts
            .iter()
            .map(|c| with_context(organization, c, context, request_id))
            .collect();
    }
    if contacts.len() <= SINGLE_JOBS_MAX {
        return contacts.iter().map(|c| score_contact(organization, c, request_id)).collect();
    }
    let contacts: Vec<ContactId> = contacts.iter().cloned().collect();
    contacts.chunks(CHUNK_CONTACTS_MAX).map(|c| chunk(organization, c, request_id)).collect()
}

fn with_context(
    organization: &OrganizationId,
    contact: &ContactId,
    context: Context,
    request_id: &str,
) -> NewJob {
    NewJob {
        job: Job::CalculateScore(CalculateScore {
            organization_id: organization.clone(),
            contact_id: contact.clone(),
            context: Some(context),
        }),
        coalesce_key: None,
        request_id: request_id.to_owned(),
    }
}

fn chunk(organization: &OrganizationId, contacts: &[ContactId], request_id: &str) -> NewJob {
    NewJob {
        job: Job::RecomputeChunk(RecomputeChunk {
            organization_id: organization.clone(),
            contact_ids: contacts.to_vec(),
        }),
        coalesce_key: None,
        request_id: request_id.to_owned(),
    }
}
