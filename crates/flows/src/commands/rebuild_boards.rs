//! Has a tournament's boards made anew of its ledger.
//!
//! I/O: 1. reads whether there is such a tournament; 2. opens a run with its job, unless one
//! of the tournament is open; 3. sends. A repeat with the same ids finds the run that it
//! opened; a death after 2 leaves the sending to the tick.

use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::messages::Rebuild;
use uuid::Uuid;

use crate::ports::{
    LedgerStore, NewRun, Opened, PortError, Ports, RelayStore, RunStart, RunStore, TournamentRef,
};
use crate::relay::send_due;

/// What came of asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Its job is queued.
    Queued {
        /// Its run; of a repeated request the first one's.
        run_id: Uuid,
        /// What sending met, for the log.
        sent: Result<(), PortError>,
    },
    /// Another one of the tournament is open.
    Held(Opened),
    /// There is no such tournament.
    Unknown,
}

/// Opens a rebuild's run under these ids, made by the caller once.
///
/// # Errors
/// The database's; then nothing was opened.
pub async fn rebuild_boards<P: Ports, S: LedgerStore + RunStore + RelayStore>(
    ports: &P,
    session: &S,
    of: &TournamentRef,
    (run_id, job_id): (Uuid, Uuid),
    request_id: &str,
) -> Result<Asked, PortError> {
    if session.ledger_page(of, i64::MAX, 1).await?.is_none() {
        return Ok(Asked::Unknown);
    }
    let TournamentRef { organization_id, tournament_id } = of.clone();
    let job = Job::Rebuild(Rebuild { organization_id, tournament_id });
    let run = NewRun {
        job_key: format!("{}:{tournament_id}", job.job_type().name()),
        organization_id: Some(of.organization_id.to_string()),
        start: RunStart {
            run_id,
            job_id,
            job_type: job.job_type(),
            data: job.data(),
            exclusive: true,
            request_id: request_id.to_owned(),
        },
    };
    match session.open_run(&run, "manual").await? {
        Opened::Started { run_id } => {
            let sent = send_due(ports, session).await.map(|_| ());
            Ok(Asked::Queued { run_id, sent })
        }
        held @ Opened::Held { .. } => Ok(Asked::Held(held)),
    }
}
