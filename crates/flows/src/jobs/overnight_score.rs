//! `overnight.score-users`: scores a chunk of a night's users, each by himself: what is
//! wrong with one is that one's fate.
//!
//! I/O, one job a transaction:
//! 1. reads the chunk's users who have no fate yet, and what they are scored by, in one
//!    flight;
//! 2. the consumer completes the job, writes each user's events, scores and fate, counts
//!    the chunk and wakes what ends the night with the last one, in one transaction behind
//!    the fence: a repeat without the claim writes nothing, and one with a claim of its own
//!    finds fates. A night that has ended without this chunk goes on, and is ended again.

use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::message::derived_id;
use mauntic_domain::overnight::messages::{Chunk, Finalize};
use mauntic_domain::overnight::{CHUNKS_AT_ONCE_MAX, NightStatus};
use mauntic_domain::portfolio::{UserFate, calculate};
use serde_json::json;

use super::overnight_start::unknown_night;
use super::{Context, Decided, Outcome};
use crate::ports::{
    Held, NightChunk, NightStore, NightWrite, PortError, Ports, UserInputs, UserWrite,
};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: Chunk,
) -> Result<Decided, PortError> {
    let Some(run_id) = held.run_id else { return Ok(unknown_night()) };
    let chunk = data.chunk;
    let Some(inputs) = cx.session.chunk_inputs(run_id, chunk).await? else {
        return Ok(unknown_night());
    };
    let Some(rates) = inputs.rates.as_ref().filter(|_| chunk < inputs.night.chunks_total) else {
        let detail = format!("the night has no chunk {chunk}");
        return Ok(Decided::of(Outcome::Reject { reason: "unknown_chunk", detail }));
    };
    let run = run_id.to_string();
    let score = |of: &UserInputs| {
        let calculation = calculate(&of.stored, &rates.rates, &inputs.quotes);
        let (organization, user) = &of.user;
        let correlation_id = derived_id(&[&run, organization.as_str(), user.as_str()]);
        UserWrite::of(of.user.clone(), correlation_id, &calculation)
    };
    let users: Vec<UserWrite> = inputs.users.iter().map(score).collect();
    let of = |fate| users.iter().filter(|user| user.fate() == fate).count();
    let summary = json!({
        "chunk": chunk, "scored": of(UserFate::Scored), "skipped": of(UserFate::Skipped),
        "failed": of(UserFate::Failed),
        "assets": users.iter().map(|user| user.scores.len()).sum::<usize>(),
    });
    // Whoever wakes the night's end sends it too; between this read and the commit no more
    // chunks can be done than are done at once.
    let wakes = inputs.night.chunks_total - inputs.night.chunks_done <= CHUNKS_AT_ONCE_MAX;
    let reopens = inputs.night.status != NightStatus::Started;
    let again = reopens.then(|| cx.spawn(held, Job::OvernightFinalize(Finalize {})));
    let write = NightChunk { run_id, chunk, scored_at: cx.now, users, reopens };
    Ok(Decided {
        night: Some(NightWrite::Chunk(write)),
        wakes,
        spawned: again.into_iter().collect(),
        ..Decided::of(Outcome::Done(summary))
    })
}
