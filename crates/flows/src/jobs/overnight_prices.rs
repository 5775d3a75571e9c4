//! Step `prices` of `overnight.start`: prices and fundamentals of every symbol that
//! somebody has, a batch a job, each asked about once. With the last batch every chunk of
//! users is enqueued, and what ends the night.
//!
//! A batch that nobody answers about keeps the others from nothing: whoever has one of its
//! symbols is not scored, and a retry asks about these alone.

use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::jobs::Job;
use mauntic_domain::overnight::messages::{Chunk, Finalize, Start};
use mauntic_domain::overnight::{SYMBOLS_ASKED_MAX, Step};
use mauntic_domain::portfolio::Symbol;
use mauntic_domain::portfolio::provider::parse_quotes;
use serde_json::json;

use super::overnight_ask::{Asked, ask, shown};
use super::overnight_start::done;
use super::{Context, Decided};
use crate::ports::{
    Held, Night, NightQuotes, NightStore, NightWrite, PortError, Ports, Request, SpawnedJob, Took,
};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    night: &Night,
    data: Start,
) -> Result<Decided, PortError> {
    let run_id = night.run_id;
    let asked = cx.session.due_symbols(run_id, data.after.as_ref(), SYMBOLS_ASKED_MAX).await?;
    // The step began with the first batch.
    let began_at = night.done(Step::Users).map_or(night.started_at, |users| users.done_at);
    let (mut unanswered, mut cause) = (data.unanswered, None);
    let (mut quotes, mut left_out) = (BTreeMap::new(), Vec::new());
    if !asked.is_empty() {
        let request = Request::Quotes { symbols: asked.clone() };
        let symbols: BTreeSet<Symbol> = asked.iter().cloned().collect();
        match ask(cx, held, began_at, request, |body| parse_quotes(&symbols, body)).await? {
            Asked::Told(told) => (quotes, left_out) = (told.told, told.left_out),
            Asked::Again(outcome) => return Ok(Decided::of(outcome)),
            Asked::Nothing { cause: seen } => {
                unanswered += u32::try_from(asked.len()).unwrap_or(u32::MAX);
                cause = Some(seen);
            }
        }
    }
    let after = asked.last().filter(|_| asked.len() >= SYMBOLS_ASKED_MAX as usize).cloned();
    let is_last = after.is_none();
    let summary = json!({
        "asked": asked.len(), "quoted": quotes.len(), "leftOut": shown(&left_out),
        "unanswered": unanswered, "cause": cause,
    });
    let took = is_last.then(|| Took { began_at, summary: json!({"unanswered": unanswered}) });
    let write = NightWrite::Quotes(NightQuotes { run_id, asked, quotes, took });
    let next = (!is_last).then(|| Start { after, unanswered, ..Start::at(Step::Prices) });
    let mut decided = done(cx, held, (Step::Prices, summary), write, next);
    if is_last {
        decided.spawned = scoring(cx, held, night.chunks_total);
    }
    Ok(decided)
}

/// A job for each chunk, and the one that ends the night when all of them are done.
fn scoring<P: Ports>(cx: &Context<'_, P>, held: &Held, chunks: i32) -> Vec<SpawnedJob> {
    let score = |chunk| cx.spawn(held, Job::OvernightScoreUsers(Chunk { chunk }));
    let end = cx.spawn(held, Job::OvernightFinalize(Finalize {}));
    (0..chunks).map(score).chain([end]).collect()
}
