//! Starts a schedule's run by hand. A manual run has no occurrence: no nominal
//! time asked for it.
//!
//! I/O: 1. opens the run with its first job, unless the schedule's lock is
//! taken; 2. sends. A repeat with the same ids finds the run it opened; a death
//! after 1 leaves the sending to the tick.

use mauntic_domain::jobs::JobType;
use mauntic_domain::schedules::{Overlap, schedule_of};
use uuid::Uuid;

use crate::cron::first_data;
use crate::ports::{NewRun, Opened, PortError, Ports, RelayStore, RunStart, RunStore};
use crate::relay::send_due;

/// What came of asking for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It was opened.
    Opened {
        /// The run; of a repeated request the first one's.
        run_id: Uuid,
        /// What sending met, for the log.
        sent: Result<(), PortError>,
    },
    /// Another run of the schedule is open.
    Held(Opened),
    /// No schedule has this key.
    UnknownSchedule,
}

/// Opens a run of `job_key` under these ids, made by the caller once.
///
/// # Errors
/// The database's; then nothing was opened.
pub async fn start_run<P: Ports, S: RunStore + RelayStore>(
    ports: &P,
    session: &S,
    job_key: &str,
    (run_id, job_id): (Uuid, Uuid),
    request_id: &str,
) -> Result<Started, PortError> {
    let Some((schedule, market)) = schedule_of(job_key) else {
        return Ok(Started::UnknownSchedule);
    };
    let Some(job_type) = JobType::from_name(schedule.message) else {
        return Ok(Started::UnknownSchedule);
    };
    // By hand a staggered schedule begins with its first group.
    let data = first_data(&schedule, market.as_ref(), 0);
    let run = NewRun {
        job_key: job_key.to_owned(),
        organization_id: None,
        start: RunStart {
            run_id,
            job_id,
            job_type,
            data,
            exclusive: schedule.overlap == Overlap::Skip,
            request_id: request_id.to_owned(),
        },
    };
    match session.open_run(&run, "manual").await? {
        Opened::Started { run_id } => {
            let sent = send_due(ports, session).await.map(|_| ());
            Ok(Started::Opened { run_id, sent })
        }
        held @ Opened::Held { .. } => Ok(Started::Held(held)),
    }
}
