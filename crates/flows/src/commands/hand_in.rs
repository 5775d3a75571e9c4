//! Takes a message from an operator's hand: what a producer would send, checked
//! as the consumer would read it, and a row before it is sent.
//!
//! I/O: 1. the run and its job in one transaction, or the job that has the message's key
//! already, or nothing where the night that it is to repeat goes on; 2. sends. A repeat with the same ids, the same key of
//! the message or the same key of the request finds what the first one wrote; a
//! death after 1 leaves the sending to the tick.

use mauntic_domain::jobs::{Decoded, Job, JobType, Queue, Refusal, decode};
use serde_json::Value;
use uuid::Uuid;

use super::SessionOf;
use crate::jobs::overnight_start::in_the_way;
use crate::ports::{ByHand, Handed, NewRun, OperatorStore, PortError, Ports, RunStart};
use crate::relay::send_due;

/// What came of handing a message in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedIn {
    /// Its job is queued.
    Queued {
        /// Its run.
        run_id: Uuid,
        /// It; of a repeated request the first one's, as is the run.
        job_id: Uuid,
        /// The job's type.
        job_type: JobType,
        /// What sending met, for the log.
        sent: Result<(), PortError>,
    },
    /// A job with its key and the same content is there already.
    Exists {
        /// That job.
        job_id: Uuid,
        /// Its run.
        run_id: Option<Uuid>,
        /// Its state by name.
        state: String,
    },
    /// It is no message, or not one of this queue.
    Refused(Refusal),
}

/// Enqueues the job of a message under these ids, made by the caller once.
///
/// # Errors
/// The database's; then nothing was enqueued. [`PortError::KeyConflict`] where
/// the message's key stands for a job with other content, or the request's for
/// another request.
pub async fn hand_in<P: Ports>(
    ports: &P,
    session: &SessionOf<P>,
    queue: Queue,
    message: &Value,
    (run_id, job_id): (Uuid, Uuid),
    request_id: &str,
) -> Result<HandedIn, PortError> {
    let (job, request_id, idempotency_key) = match decode(queue, &message.to_string()) {
        Ok(Decoded::Short { job, request_id: own, idempotency_key, .. }) => {
            (job, own.unwrap_or_else(|| request_id.to_owned()), idempotency_key)
        }
        // The address of a row makes no job, and whether there is such a row is
        // the relay's matter.
        Ok(Decoded::Address { .. }) => return Ok(HandedIn::Refused(Refusal::Address)),
        Err(refusal) => return Ok(HandedIn::Refused(refusal)),
    };
    let job_type = job.job_type();
    let run = new_run(&job, (run_id, job_id), request_id);
    match session.hand_in(&ByHand { run, idempotency_key }).await? {
        Handed::Queued { run_id, job_id } => {
            let sent = send_due(ports, session).await.map(|_| ());
            Ok(HandedIn::Queued { run_id, job_id, job_type, sent })
        }
        Handed::Exists { job_id, run_id, state } => Ok(HandedIn::Exists { job_id, run_id, state }),
        Handed::NightGoesOn { night } => {
            // The job would say so too. A repeat that goes on may be this very request's.
            let (path, message) = ("retryOf".to_owned(), in_the_way(night, night));
            Ok(HandedIn::Refused(Refusal::InvalidData { path, message }))
        }
    }
}

/// The run of one job: no schedule's, so that it takes no lock.
fn new_run(job: &Job, (run_id, job_id): (Uuid, Uuid), request_id: String) -> NewRun {
    NewRun {
        job_key: job.job_type().name().to_owned(),
        organization_id: job.organization_id().map(ToString::to_string),
        start: RunStart {
            run_id,
            job_id,
            job_type: job.job_type(),
            data: job.data(),
            exclusive: false,
            request_id,
        },
    }
}
