//! Enqueues the scoring of named contacts.
//!
//! I/O: 1. all jobs in one transaction; 2. send; 3. mark sent. A repeat of 1
//! joins the jobs that are still queued, but for those with a context; a death after 1 or 2 leaves the
//! sending to the tick.

use std::collections::BTreeSet;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::{CalculateScore, Contacts, LIST_CONTACTS_MAX, RecomputeChunk};
use mauntic_domain::scoring::Context;
use sha2::{Digest, Sha256};

use super::put_features::score_contact;
use super::send_created;
use crate::ports::{Enqueued, JobKey, NewJob, PortError, Ports, RequestKey, TenantStore};

/// Most contacts of one request: 20 chunk jobs, and under the 1 MiB of a body.
pub const CONTACTS_MAX: usize = 10_000;

/// Up to this many contacts get a job each, beyond it chunk jobs.
pub const SINGLE_JOBS_MAX: usize = 500;

/// What came of it, and what sending met, for the log.
pub type Outcome = (Vec<Enqueued>, Result<(), PortError>);

/// Enqueues one job a contact, or above [`SINGLE_JOBS_MAX`] contacts one job a
/// chunk. The same request without a context joins the jobs still queued; the
/// same request under the same `key` gets the same answer.
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
    key: Option<&RequestKey>,
) -> Result<Outcome, PortError> {
    let context = context.filter(|context| !context.is_empty());
    let jobs = plan(organization, contacts, context, request_id);
    let rows = session.enqueue(organization, &jobs, key).await?;
    let sent = send_created(ports, session, organization, &rows, request_id).await;
    Ok((rows, sent))
}

fn plan(
    organization: &OrganizationId,
    contacts: &BTreeSet<ContactId>,
    context: Option<Context>,
    request_id: &str,
) -> Vec<NewJob> {
    if contacts.len() <= SINGLE_JOBS_MAX {
        let single = |contact| match context {
            None => score_contact(organization, contact, request_id),
            Some(_) => with_context(organization, contact, context, request_id),
        };
        return contacts.iter().map(single).collect();
    }
    let contacts: Vec<ContactId> = contacts.iter().cloned().collect();
    let chunk = |contacts: &[ContactId]| {
        let chunk = RecomputeChunk {
            organization_id: Some(organization.clone()),
            contacts: Contacts::Ids(contacts.to_vec()),
            context,
            config_epoch: None,
        };
        content_keyed(Job::RecomputeChunk(chunk), context.is_none(), request_id)
    };
    contacts.chunks(LIST_CONTACTS_MAX).map(chunk).collect()
}

fn with_context(
    organization: &OrganizationId,
    contact: &ContactId,
    context: Option<Context>,
    request_id: &str,
) -> NewJob {
    let data = CalculateScore {
        organization_id: organization.clone(),
        contact_id: contact.clone(),
        context,
    };
    content_keyed(Job::CalculateScore(data), false, request_id)
}

/// A job that, if at all, only the very same job may join. One with a context
/// stands for itself: what was asked in between must not undo it.
fn content_keyed(job: Job, may_join: bool, request_id: &str) -> NewJob {
    let key = || {
        let digest = Sha256::digest(job.data().to_string().as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    };
    let key = if may_join { JobKey::Coalesce(key()) } else { JobKey::None };
    NewJob { job, key, request_id: request_id.to_owned() }
}
