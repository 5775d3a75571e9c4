//! Sending: one function for planners and the tick. A message that is lost is
//! sent again when its row's `wake_at` passes, so nothing here is retried.

use std::collections::BTreeMap;

use mauntic_domain::jobs::Queue;
use uuid::Uuid;

use crate::ports::{
    Database, JobStore, OutgoingEvent, PortError, Ports, RelayStore, Wakeup, Wakeups,
};

/// Most rows of a queue that one call takes: what is due is found by one look
/// at all that is live, which costs the more the more there is, so that it is
/// done once. 10,000 messages are 100 sends of about 50 ms.
pub const TAKEN_MAX: i64 = 10_000;

/// Rows that are sent, then marked: a death in between sends at most these
/// twice.
pub const SLICE_ROWS: usize = 1_000;

/// Most rounds of events of one call, each of [`SLICE_ROWS`] and some 150 ms: 100,000
/// events a minute are more than the 1,000 a second that come in may make.
pub const ROUNDS_MAX: usize = 100;

/// Sends the messages of jobs that are due; returns how many.
///
/// I/O: 1. takes due rows and holds them back for a minute; then, a slice at a
/// time, 2. sends; 3. marks them sent. A death after 1 or 2 lets the minute pass
/// and sends again: a wake-up too many is absorbed by the claim.
///
/// A queue that takes no messages keeps none of the others waiting.
///
/// # Errors
/// The first port that failed; what was not marked is sent by a later tick.
pub async fn send_due<P: Ports, S: RelayStore>(ports: &P, session: &S) -> Result<usize, PortError> {
    let mut by_queue: BTreeMap<Queue, Vec<Wakeup>> = BTreeMap::new();
    for (queue, message) in session.take_due(TAKEN_MAX).await? {
        by_queue.entry(queue).or_default().push(message);
    }
    let (mut sent, mut refused) = (0, None);
    for (queue, messages) in by_queue {
        match send(ports, session, queue, &messages).await? {
            Ok(count) => sent += count,
            Err(error) => {
                refused.get_or_insert(error);
            }
        }
    }
    refused.map_or(Ok(sent), Err)
}

/// Sends messages of jobs that were held back while their organizations had their
/// share out, in place of those that are done; returns how many. So an organization is
/// served as fast as its jobs are done, and not a share a tick.
///
/// I/O: as [`send_due`], for one queue.
///
/// # Errors
/// The first port that failed; what was not marked is sent by a later tick.
pub async fn send_held_back<P: Ports, S: RelayStore>(
    ports: &P,
    session: &S,
    queue: Queue,
    organizations: &[&str],
) -> Result<usize, PortError> {
    let messages = session.take_held_back(queue, organizations).await?;
    send(ports, session, queue, &messages).await?
}

/// Sends and marks, a slice at a time. The inner error is the queue's, which takes no
/// more; the outer one is the session's.
async fn send<P: Ports, S: RelayStore>(
    ports: &P,
    session: &S,
    queue: Queue,
    messages: &[Wakeup],
) -> Result<Result<usize, PortError>, PortError> {
    let mut sent = 0;
    for messages in messages.chunks(SLICE_ROWS) {
        if let Err(error) = ports.wakeups().send(queue, messages).await {
            return Ok(Err(error));
        }
        let ids: Vec<Uuid> = messages.iter().filter_map(|wakeup| wakeup.message.job_id).collect();
        session.mark_sent(&ids).await?;
        sent += ids.len();
    }
    Ok(Ok(sent))
}

/// Sends events of the outbox, if anybody listens; returns how many.
///
/// I/O: 1. takes events and holds them back for a minute; 2. sends; 3. marks
/// them sent. A death after 1 or 2 sends them again: each has a stable id.
///
/// # Errors
/// The first port that failed; what was not marked is sent by a later tick.
pub async fn send_events<P: Ports, S: RelayStore>(
    ports: &P,
    session: &S,
) -> Result<usize, PortError> {
    if !ports.wakeups().has_listeners() {
        return Ok(0);
    }
    let limit = i64::try_from(SLICE_ROWS).unwrap_or(i64::MAX);
    let mut sent = 0;
    for _ in 0..ROUNDS_MAX {
        let events = session.take_events(limit).await?;
        if events.is_empty() {
            break;
        }
        ports.wakeups().publish(&events).await?;
        let ids: Vec<Uuid> = events.iter().map(|event: &OutgoingEvent| event.id).collect();
        session.mark_events_sent(&ids).await?;
        sent += ids.len();
        if events.len() < SLICE_ROWS {
            break;
        }
    }
    Ok(sent)
}

/// Expires the leases of an invocation that died, so that its jobs can be
/// claimed at once instead of after the lease. Where others died with it
/// (`shared`), nobody knows whose job it was, so that none is charged.
///
/// # Errors
/// The port's; the leases then run out by themselves.
pub async fn release<P: Ports>(ports: &P, token: Uuid, shared: bool) -> Result<u64, PortError> {
    let session = ports.db().open().await?;
    if shared {
        session.absolve(token).await?;
    }
    session.release(token).await
}
