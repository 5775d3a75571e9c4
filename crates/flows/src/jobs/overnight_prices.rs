//! Step `prices` of `overnight.start`: prices and fundamentals of every symbol that
//! somebody has, a batch a job, each asked about once. With the last batch every chunk of
//! users is enqueued, and what ends the night.
//!
//! A batch that nobody answers about keeps the others from nothing: whoever has one of its
//! symbols is not scored, and a retry asks about these alone. One that is refused is asked
//! about in parts, until the symbol that is at fault is alone: whoever named it takes
//! nobody else's price.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::types::LEASE_SECS_DEFAULT;
use mauntic_domain::overnight::messages::{Chunk, Finalize, Start};
use mauntic_domain::overnight::{SYMBOLS_ASKED_MAX, Step};
use mauntic_domain::portfolio::provider::{LeftOut, parse_quotes};
use mauntic_domain::portfolio::{Quote, Symbol};
use serde_json::json;

use super::overnight_ask::{Asked, PATIENCE, ask, shown};
use super::overnight_start::done;
use super::{Context, Decided, Outcome};
use crate::consume::REPEATED_WITHIN;
use crate::outside::CALL_MAX;
use crate::ports::{
    Held, Host, Night, NightQuotes, NightStore, NightWrite, PortError, Ports, Request, SpawnedJob,
    Took,
};

/// Parts of a batch that is refused: of 200 symbols the fifth question is about one alone
/// (200, 50, 13, 4, 1).
const PARTS: usize = 4;

/// Most questions of a job. One symbol at fault among 200 takes 17; where all of them are, a
/// job decides a dozen, and the next goes on behind these.
pub const QUESTIONS_MAX: usize = 24;

/// So long after its beginning, repeats counted, a job asks nothing more, and the next one goes
/// on from what it has learnt: what is decided, or else how small a part is to be asked about.
/// Each asks at least once, so that the fifth decides something at the latest.
pub const QUESTIONS_WITHIN: TimeDelta = TimeDelta::seconds(15);

/// What a job waits for besides: locks, 4 × 5 s at most
/// ([`ONE_BY_ONE_MAX`](crate::consume::ONE_BY_ONE_MAX) counts the same).
const LOCKS_WITHIN: TimeDelta = TimeDelta::seconds(20);

/// How old a claim may be when its job is begun: they are a round trip apart.
const CLAIM_AGE_MAX: TimeDelta = TimeDelta::seconds(5);

const _: () = assert!(SYMBOLS_ASKED_MAX as usize <= PARTS.pow(4));

// The last question is asked within 15 s, by whichever repeat, and takes 20 s more where a
// provider hangs and the other is slow; with the locks that are 55 s of a lease of 60 s.
const _: () = assert!(REPEATED_WITHIN.num_seconds() <= QUESTIONS_WITHIN.num_seconds());
const _: () = assert!(
    CLAIM_AGE_MAX.num_seconds()
        + QUESTIONS_WITHIN.num_seconds()
        + CALL_MAX.num_seconds()
        + LOCKS_WITHIN.num_seconds()
        <= LEASE_SECS_DEFAULT as i64
);

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
    /// How many symbols the next question is about, where the time is over.
    next: Option<NonZeroU32>,
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
    let most = data.most.map_or(SYMBOLS_ASKED_MAX, |most| most.get().min(SYMBOLS_ASKED_MAX));
    let mut due = cx.session.due_symbols(run_id, data.after.as_ref(), most).await?;
    // The step began with the first batch.
    let began_at = night.done(Step::Users).map_or(night.started_at, |users| users.done_at);
    let found = match ask_about(cx, held, began_at, &due).await? {
        Ok(found) => found,
        Err(outcome) => return Ok(Decided::of(outcome)),
    };
    let is_last = found.decided == due.len() && due.len() < most as usize;
    due.truncate(found.decided);
    let (asked, unanswered) = (due, data.unanswered + found.unanswered);
    let summary = json!({
        "asked": asked.len(), "quoted": found.quotes.len(), "leftOut": shown(&found.left_out),
        "unanswered": unanswered, "cause": found.cause,
    });
    let took = is_last.then(|| Took { began_at, summary: json!({"unanswered": unanswered}) });
    let (after, most) = (asked.last().cloned().or(data.after), found.next);
    let next = (!is_last).then(|| Start { after, unanswered, most, ..Start::at(Step::Prices) });
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
    let mut is_first = true;
    for _ in 0..QUESTIONS_MAX {
        let Some(part) = parts.pop().filter(|part| !part.is_empty()) else { break };
        if !is_first && cx.ports.host().now() - cx.begun > QUESTIONS_WITHIN {
            found.next = u32::try_from(part.len()).ok().and_then(NonZeroU32::new);
            break;
        }
        is_first = false;
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
