//! Replays dead letters: one, or every open one that a filter names.

use chrono::TimeDelta;
use mauntic_domain::jobs::message::KEY_CHARS_MAX;
use mauntic_domain::jobs::{Decoded, Job, Queue, Refusal, decode, decode_data};
use mauntic_domain::replays::{PER_SECOND_MAX, STEP_CASES_MAX};
use mauntic_domain::schedules::TICK_INTERVAL_SECS;
use serde_json::Value;
use uuid::Uuid;

use super::SessionOf;
use crate::ports::{
    CaseDetail, CaseReplay, CaseReplayed, OperatorStore, PortError, Ports, RelayStore, ReplayOrder,
    ReplayRow,
};
use crate::relay::send_due;

/// How far ahead an order's first step goes: to the next tick, which goes on with
/// it, but for no more cases than one step releases, since somebody waits for the
/// answer. Where ticks are rarer the replay is slower than asked, never faster.
fn first_window(per_second: u32) -> TimeDelta {
    let filling = STEP_CASES_MAX / per_second.max(1);
    TimeDelta::seconds(i64::from(filling.clamp(1, TICK_INTERVAL_SECS)))
}

const _: () = assert!(PER_SECOND_MAX <= STEP_CASES_MAX);

/// What came of replaying one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedOne {
    /// What became of the case; a refusal where the content does not fit its
    /// type, with a pointer into the message.
    pub replayed: Result<CaseReplayed, Refusal>,
    /// What sending met, for the log.
    pub sent: Result<(), PortError>,
}

/// Replays a case, with `data` in place of its own where somebody edited it.
/// `fresh_id`, made by the caller once, is its job's if it has none.
///
/// I/O: 1. reads the case; 2. queues its job and decides the case, in one
/// transaction that holds only while the job is a dead letter and the case is
/// open: a repeat finds it decided, or gets the answer of its request's key;
/// 3. sends. A death after 2 leaves the sending to the tick.
///
/// # Errors
/// The database's; then nothing was replayed.
pub async fn replay_one<P: Ports>(
    ports: &P,
    session: &SessionOf<P>,
    case_id: Uuid,
    data: Option<&Value>,
    fresh_id: Uuid,
) -> Result<ReplayedOne, PortError> {
    let unsent = |replayed| Ok(ReplayedOne { replayed, sent: Ok(()) });
    let Some(detail) = session.case(case_id).await? else {
        return unsent(Ok(CaseReplayed::Unknown));
    };
    let content = match content(&detail, data) {
        Ok(content) => content,
        // Whatever is wrong with it, it is decided.
        Err(_) if detail.case.decided_at.is_some() => return unsent(Ok(CaseReplayed::NotDead)),
        Err(refusal) => return unsent(Err(refusal)),
    };
    let idempotency_key = key_of_body(&detail);
    let replay = CaseReplay { id: case_id, content, fresh_id, idempotency_key };
    let replayed = session.replay_case(&replay).await?;
    if !matches!(replayed, CaseReplayed::Queued { .. }) {
        return unsent(Ok(replayed));
    }
    let sent = send_due(ports, session).await.map(|_| ());
    Ok(ReplayedOne { replayed: Ok(replayed), sent })
}

/// Orders a replay of many and takes its first step; the tick goes on with it.
/// The row comes back as it is then, with what the step met, for the log.
///
/// I/O: 1. writes the order: a repeat of the request's key gets the first order;
/// 2. one step, in a transaction that moves the order's own cursor: a repeat
/// goes on where it ended; 3. sends; 4. reads the order. A death after 1 or 2
/// leaves the rest to the tick.
///
/// # Errors
/// The database's at 1; then nothing was ordered.
pub async fn order<P: Ports>(
    ports: &P,
    session: &SessionOf<P>,
    order: &ReplayOrder,
) -> Result<(ReplayRow, Result<(), PortError>), PortError> {
    let ordered = session.order_replay(order).await?;
    match first_step(ports, session, &ordered).await {
        Ok(row) => Ok((row.unwrap_or(ordered), Ok(()))),
        Err(error) => Ok((ordered, Err(error))),
    }
}

/// The order after its step. Where sending fails it is not read again: that may
/// have been the session's error.
async fn first_step<P: Ports>(
    ports: &P,
    session: &SessionOf<P>,
    ordered: &ReplayRow,
) -> Result<Option<ReplayRow>, PortError> {
    session.advance_replays(first_window(ordered.per_second), Some(ordered.id)).await?;
    send_due(ports, session).await?;
    session.replay_row(ordered.id).await
}

/// What a replay puts in place of the job's data, or makes a job of. None where
/// the job's own data is to be tried again, or where there is nothing.
///
/// # Errors
/// It fits no type, or another queue's.
pub(super) fn content(detail: &CaseDetail, data: Option<&Value>) -> Result<Option<Job>, Refusal> {
    match (&detail.job, data) {
        (Some(_), None) => Ok(None),
        (Some(job), Some(data)) => decode_data(&job.job.type_name, data).map(Some),
        (None, data) => content_of_body(detail, data),
    }
}

/// Of a case without a job: its body, or other data of the type it names.
fn content_of_body(detail: &CaseDetail, data: Option<&Value>) -> Result<Option<Job>, Refusal> {
    let body = std::str::from_utf8(&detail.body).map_err(|_| Refusal::NotText);
    let Some(data) = data else {
        // A queue of another build's: nothing here can read what is sent there.
        let Some(queue) = Queue::from_name(&detail.case.queue) else { return Ok(None) };
        return match decode(queue, body?)? {
            Decoded::Short { job, .. } => Ok(Some(job)),
            Decoded::Address { .. } => Ok(None),
        };
    };
    let named = match &detail.case.type_name {
        Some(name) => Some(name.clone()),
        None => type_of(body?),
    };
    let missing = || Refusal::Malformed {
        pointer: "/type".to_owned(),
        message: "its body names no type that the data could be of".to_owned(),
    };
    let job = decode_data(&named.ok_or_else(missing)?, data)?;
    let expected = job.job_type().queue().name();
    if expected != detail.case.queue {
        return Err(Refusal::WrongQueue { name: job.job_type().name(), expected });
    }
    Ok(Some(job))
}

/// The key that the body of a case without a job has: whoever sent it again has
/// a job of that key by now, and one effect is enough.
fn key_of_body(detail: &CaseDetail) -> Option<String> {
    let body: Value = serde_json::from_slice(&detail.body).ok()?;
    let key = body.get("idempotencyKey")?.as_str()?;
    (1..=KEY_CHARS_MAX).contains(&key.chars().count()).then(|| key.to_owned())
}

/// The type that a body names, whatever else is wrong with it.
fn type_of(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    Some(body.get("type")?.as_str()?.to_owned())
}
