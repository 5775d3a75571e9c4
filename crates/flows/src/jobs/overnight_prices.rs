//! Step `prices` of `overnight.start`: prices and fundamentals of every symbol that
//! somebody has, a batch a job, each asked about once. With the last batch every chunk of
//! users is enqueued, and what ends the night.
//!
//! A batch that nobody answers about keeps the others from nothing: whoever has one of its
//! symbols is not scored, and a retry asks about these alone. One that is refused is asked
//! about in parts, until the symbol that is at fault is alone: whoever named it takes
//! nobody else's price.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Job;
use mauntic_domain::overnight::messages::{Chunk, Finalize, Start};
use mauntic_domain::overnight::{SYMBOLS_ASKED_MAX, Step};
use mauntic_domain::portfolio::provider::{LeftOut, parse_quotes};
use mauntic_domain::portfolio::{Quote, Symbol};
use serde_json::json;

use super::overnight_ask::{Asked, PATIENCE, ask, shown};
use super::overnight_start::done;
use super::{Context, Decided, Outcome};
use crate::ports::{
    Held, Host, Night, NightQuotes, NightStore, NightWrite, PortError, Ports, Request, SpawnedJob,
    Took,
};

/// Parts of a batch that is refused: of 200 symbols the fifth question is about one alone
/// (200, 50, 13, 4, 1). Each takes 10 s at most, and the lease is 60 s. Where the first
/// provider hangs and the other is asked it is twice as long, and a job may lose its lease: it
/// is done again, from what is decided by then.
const PARTS: usize = 4;

/// Most questions of a job. One symbol at fault among 200 takes 17; where all of them are, a
/// job decides a dozen, and the next goes on behind these.
pub const QUESTIONS_MAX: usize = 24;

/// After this no further question is asked once a symbol is decided: with the last one it
/// is half a lease, or two thirds where two providers are asked.
pub const QUESTIONS_WITHIN: TimeDelta = TimeDelta::seconds(20);

const _: () = assert!(SYMBOLS_ASKED_MAX as usize <= PARTS.pow(4));

/// What was found of symbols, in their order.
#[derive(Default)]
struct Found {
    /// How many of them are decided: nobody asks about them again.
    decided: usize,
    /// How many of these nobody answered about.
    unanswered: u32,
    /// Why, of the last.
    cause: Option<String>,
    quotes: BTreeMap<Symbol, Quote>,
    left_out: Vec<LeftOut>,
}

impl Found {
    fn nothing(&mut self, asked: usize, cause: String) {
        self.decided += asked;
        self.unanswered += u32::try_from(asked).unwrap_or(u32::MAX);
        self.cause = Some(cause);
    }
}

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    night: &Night,
    data: Start,
) -> Result<Decided, PortError> {
    let run_id = night.run_id;
    let mut due = cx.session.due_symbols(run_id, data.after.as_ref(), SYMBOLS_ASKED_MAX).await?;
    // The step began with the first batch.
    let began_at = night.done(Step::Users).map_or(night.started_at, |users| users.done_at);
    let found = match ask_about(cx, held, began_at, &due).await? {
        Ok(found) => found,
        Err(outcome) => return Ok(Decided::of(outcome)),
    };
    let is_last = found.decided == due.len() && due.len() < SYMBOLS_ASKED_MAX as usize;
    due.truncate(found.decided);
    let (asked, unanswered) = (due, data.unanswered + found.unanswered);
    let summary = json!({
        "asked": asked.len(), "quoted": found.quotes.len(), "leftOut": shown(&found.left_out),
        "unanswered": unanswered, "cause": found.cause,
    });
    let took = is_last.then(|| Took { began_at, summary: json!({"unanswered": unanswered}) });
    let after = asked.last().cloned();
    let next = (!is_last).then(|| Start { after, unanswered, ..Start::at(Step::Prices) });
    let write = NightWrite::Quotes(NightQuotes { run_id, asked, quotes: found.quotes, took });
    let mut decided = done(cx, held, (Step::Prices, summary), write, next);
    if is_last {
        decided.spawned = scoring(cx, held, night.chunks_total);
    }
    Ok(decided)
}

/// Asks about symbols, all at once unless they are refused so, for a step that began at
/// `began_at`; what becomes of the job where none is decided. Many symbols at fault take no
/// longer than the step's patience: after that a batch that is refused stays unanswered.
async fn ask_about<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    began_at: DateTime<Utc>,
    due: &[Symbol],
) -> Result<Result<Found, Outcome>, PortError> {
    let mut found = Found::default();
    // What is left, in parts whose last is the next one.
    let mut parts = vec![due];
    let since = cx.ports.host().now();
    for _ in 0..QUESTIONS_MAX {
        let is_late = cx.ports.host().now() - since > QUESTIONS_WITHIN;
        let Some(part) = parts.pop().filter(|part| !part.is_empty()) else { break };
        if is_late && found.decided > 0 {
            break;
        }
        let request = Request::Quotes { symbols: part.to_vec() };
        let symbols: BTreeSet<Symbol> = part.iter().cloned().collect();
        match ask(cx, held, began_at, request, |body| parse_quotes(&symbols, body)).await? {
            Asked::Told(told) => {
                found.decided += part.len();
                found.quotes.extend(told.told);
                found.left_out.extend(told.left_out);
            }
            Asked::Refused { .. } if part.len() > 1 && cx.now - began_at < PATIENCE => {
                parts.extend(part.chunks(part.len().div_ceil(PARTS)).rev());
            }
            Asked::Refused { cause } | Asked::Nothing { cause } => {
                found.nothing(part.len(), cause);
            }
            Asked::Again(outcome) if found.decided == 0 => return Ok(Err(outcome)),
            // What is decided stays so, and the next job asks again.
            Asked::Again(_) => break,
        }
    }
    Ok(Ok(found))
}

/// A job for each chunk, and the one that ends the night when all of them are done.
fn scoring<P: Ports>(cx: &Context<'_, P>, held: &Held, chunks: i32) -> Vec<SpawnedJob> {
    let score = |chunk| cx.spawn(held, Job::OvernightScoreUsers(Chunk { chunk }));
    let end = cx.spawn(held, Job::OvernightFinalize(Finalize {}));
    (0..chunks).map(score).chain([end]).collect()
}
