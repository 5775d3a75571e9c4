//! Stores a contact's features and enqueues its scoring.
//!
//! I/O: 1. features (their version raised under the row's lock) and job in one
//! transaction; 2. send; 3. mark sent. A repeat of 1 stores the same features
//! under a higher version and joins the queued job; a death after 1 or 2 leaves
//! the sending to the tick.

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::CalculateScore;
use mauntic_domain::scoring::Features;

use super::send_created;
use crate::ports::{FeaturesStored, JobKey, NewJob, PortError, Ports, TenantStore};

/// What came of it, and what sending met, for the log.
pub type Outcome = (FeaturesStored, Result<(), PortError>);

/// Stores and enqueues.
///
/// # Errors
/// The database's; then nothing was stored.
pub async fn put_features<P: Ports, S: TenantStore>(
    ports: &P,
    session: &S,
    organization: &OrganizationId,
    contact: &ContactId,
    features: &Features,
    request_id: &str,
) -> Result<Outcome, PortError> {
    let job = score_contact(organization, contact, request_id);
    let stored = session.put_features(organization, contact, features, &job).await?;
    let rows = std::slice::from_ref(&stored.job);
    let sent = send_created(ports, session, organization, rows, request_id).await;
    Ok((stored, sent))
}

/// The job that scores one contact; queued at most once a contact.
pub(super) fn score_contact(
    organization: &OrganizationId,
    contact: &ContactId,
    request_id: &str,
) -> NewJob {
    NewJob {
        job: Job::CalculateScore(CalculateScore {
            organization_id: organization.clone(),
            contact_id: contact.clone(),
            context: None,
        }),
        key: JobKey::Coalesce(contact.to_string()),
        request_id: request_id.to_owned(),
    }
}
