//! What an organization does to a tournament; where that is how a match ended, the job
//! that settles it is sent.
//!
//! I/O:
//! 1. the write in one transaction, with the settlement's job where there is one;
//! 2. send;
//! 3. mark sent.
//!
//! A repeat of 1 finds what it wrote, or under the act's key the first answer; a death
//! after 1 or 2 leaves the sending to the tick.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::{JobState, JobType};

use super::send_created;
use crate::ports::{
    Act, Enqueued, PortError, Ports, TenantStore, TournamentRefused, TournamentStore,
    TournamentWrite, TournamentWritten,
};

/// What came of it, and what sending met, for the log.
pub type Outcome = (Result<TournamentWritten, TournamentRefused>, Result<(), PortError>);

/// Does it, or nothing.
///
/// # Errors
/// The database's; then nothing was written.
pub async fn write_tournament<P: Ports, S: TournamentStore + TenantStore>(
    ports: &P,
    session: &S,
    organization: &OrganizationId,
    act: &Act,
    write: &TournamentWrite,
) -> Result<Outcome, PortError> {
    let written = session.write_tournament(organization, act, write).await?;
    let Ok(TournamentWritten::Entered { job: Some((id, enqueued_at)), .. }) = &written else {
        return Ok((written, Ok(())));
    };
    let job = Enqueued {
        id: *id,
        type_name: JobType::SettleMatchScore.name().to_owned(),
        queue: JobType::SettleMatchScore.queue(),
        created: true,
        state: JobState::Queued,
        send_now: true,
        enqueued_at: *enqueued_at,
    };
    let sent = send_created(ports, session, organization, &[job], &act.request_id).await;
    Ok((written, sent))
}
