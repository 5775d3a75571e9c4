//! Sending: one function for producers and the tick. A message that is lost is
//! sent again when its row's `wake_at` passes, so nothing here is retried.

use std::collections::BTreeMap;

use mauntic_domain::jobs::Queue;
use uuid::Uuid;

use crate::ports::{Database, JobStore, PortError, Ports, Wakeups};

/// Most rows one round of the tick takes.
pub const ROUND_ROWS_MAX: i64 = 1_000;

/// Most rounds of one tick: 10,000 messages are 100 sends of about 50 ms, well
/// inside the minute until the next tick.
pub const ROUNDS_MAX: usize = 10;

/// Name of the duty in the heartbeat.
pub const DUTY: &str = "relay";

/// Sends what is due and says so in the heartbeat; returns how many were sent.
///
/// I/O: 1. takes due rows and holds them back for a minute; 2. sends; 3. marks
/// them sent. A death after 1 or 2 lets the minute pass and sends again: a
/// wake-up too many is absorbed by the claim.
///
/// # Errors
/// The first port that failed; what was not marked is sent by a later tick.
pub async fn tick<P: Ports>(ports: &P) -> Result<usize, PortError> {
    let session = ports.db().open().await?;
    let mut sent = 0;
    for _ in 0..ROUNDS_MAX {
        let due = session.take_due(ROUND_ROWS_MAX).await?;
        let taken = due.len();
        let mut by_queue: BTreeMap<Queue, Vec<_>> = BTreeMap::new();
        for (queue, message) in due {
            by_queue.entry(queue).or_default().push(message);
        }
        for (queue, messages) in by_queue {
            ports.wakeups().send(queue, &messages).await?;
            let ids: Vec<Uuid> = messages.iter().filter_map(|message| message.job_id).collect();
            session.mark_sent(&ids).await?;
            sent += ids.len();
        }
        if i64::try_from(taken).is_ok_and(|taken| taken < ROUND_ROWS_MAX) {
            break;
        }
    }
    session.beat(DUTY).await?;
    Ok(sent)
}

/// Expires the leases of an invocation that died, so that its jobs can be
/// claimed at once instead of after the lease.
///
/// # Errors
/// The port's; the leases then run out by themselves.
pub async fn release<P: Ports>(ports: &P, token: Uuid) -> Result<u64, PortError> {
    ports.db().open().await?.release(token).await
}
