//! `overnight.start`: a step of a night of portfolio scoring, before anybody is scored.
//! Each is a job of its own and leaves a checkpoint, so that what was done is never done
//! again, and each fails and is tried again by itself.
//!
//! I/O:
//! 1. reads the night that its run is, with its checkpoints: a step that has one is over;
//! 2. the steps that ask a provider ask it behind its breaker, which changes nothing there;
//! 3. the consumer completes the job, writes what the step found with its checkpoint, and
//!    enqueues the next step, in one transaction behind the fence: a repeat without the
//!    claim writes nothing, and one with a claim of its own finds the checkpoint.

use mauntic_domain::jobs::Job;
use mauntic_domain::overnight::messages::Start;
use mauntic_domain::overnight::{CHUNK_USERS, NIGHT_USERS_MAX, NightStatus, Step};
use serde_json::json;
use uuid::Uuid;

use super::overnight_end::failed;
use super::{Context, Decided, Outcome, overnight_prices, overnight_rates};
use crate::ports::{
    Held, NewEvent, Night, NightBegin, NightStore, NightUsers, NightWrite, PortError, Ports, Took,
};

/// The event that tells of a night's beginning.
const STARTED: &str = "overnight.ScoringStarted";

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: Start,
) -> Result<Decided, PortError> {
    let Some(run_id) = held.run_id else {
        return Ok(rejected("no_run", "a night is a run, and this job has none"));
    };
    let step = data.step();
    let night = cx.session.night(run_id).await?;
    match night {
        None if step == Step::SetUp => set_up(cx, held, run_id, data).await,
        None => Ok(unknown_night()),
        Some(night) if night.done(step).is_some() => Ok(not_done(step, "done_before")),
        Some(night) if night.status != NightStatus::Started && !night.is_lost() => {
            Ok(not_done(step, "night_over"))
        }
        Some(night) => match step {
            Step::SetUp => Ok(not_done(step, "done_before")),
            Step::ExchangeRates => overnight_rates::decide(cx, held, &night).await,
            Step::Users => users(cx, held, &night).await,
            Step::Prices => overnight_prices::decide(cx, held, &night, data).await,
        },
    }
}

/// A job of a run that nothing began as a night.
pub(super) fn unknown_night() -> Decided {
    rejected("unknown_night", "its run is no night that overnight.start began")
}

fn rejected(reason: &'static str, detail: &str) -> Decided {
    Decided::of(Outcome::Reject { reason, detail: detail.to_owned() })
}

fn not_done(step: Step, reason: &str) -> Decided {
    Decided::of(Outcome::Done(json!({"step": step, "reason": reason})))
}

/// What a step has done: its job says the same as its checkpoint.
pub(super) fn done<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    (step, summary): (Step, serde_json::Value),
    write: NightWrite,
    next: Option<Start>,
) -> Decided {
    let next = next.map(|next| cx.spawn(held, Job::OvernightStart(next)));
    let summary = json!({"step": step, "done": summary});
    Decided {
        night: Some(write),
        spawned: next.into_iter().collect(),
        ..Decided::of(Outcome::Done(summary))
    }
}

/// Why a night is not repeated.
#[must_use]
pub fn in_the_way(of: Uuid, open: Uuid) -> String {
    if of == open {
        format!("the night {of} goes on: repeat it once it has ended")
    } else {
        format!("the night {open} goes on, which scores whom {of} did not: wait for its end")
    }
}

/// The night's row. One that repeats another has its markets and its inputs; where that
/// one never got to its users, there is nothing to repeat, and it is a night of its own.
/// What goes on is not repeated, nor is one whose repeat goes on: both would score the same.
async fn set_up<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    run_id: Uuid,
    data: Start,
) -> Result<Decided, PortError> {
    if let Some(of) = data.retry_of
        && let Some(open) = cx.session.night_in_the_way(of, run_id).await?
    {
        return Ok(rejected("night_running", &in_the_way(of, open)));
    }
    let (markets, inputs_of) = match data.retry_of {
        None => (data.markets.unwrap_or_default(), run_id),
        Some(of) => match cx.session.night(of).await? {
            None => return Ok(rejected("unknown_night", "there is no night to repeat")),
            // A repeat has its users from the night that it repeats, as another one has.
            Some(before) if before.is_retry() => (before.markets, before.inputs_of),
            Some(before) if before.done(Step::Users).is_none() => (before.markets, run_id),
            Some(before) => (before.markets, of),
        },
    };
    let correlation_id = held.request_id.clone().unwrap_or_else(|| run_id.to_string());
    let summary = json!({"markets": markets, "retryOf": data.retry_of});
    let told = json!({
        "runId": run_id, "correlationId": correlation_id, "startedAt": cx.now,
        "markets": markets, "retryOf": data.retry_of,
    });
    let begin = NightBegin {
        run_id,
        job_type: "overnight.start",
        started_at: cx.now,
        correlation_id,
        markets,
        inputs_of,
        took: Took { began_at: cx.now, summary: summary.clone() },
    };
    let next = Some(Start::at(Step::ExchangeRates));
    let decided = done(cx, held, (Step::SetUp, summary), NightWrite::Begin(begin), next);
    Ok(Decided { events: vec![event(held, STARTED, told)], ..decided })
}

/// An event of a night.
pub(super) fn event(held: &Held, event_type: &'static str, data: serde_json::Value) -> NewEvent {
    NewEvent {
        event_type,
        organization_id: None,
        data,
        job_id: held.id,
        request_id: held.request_id.clone(),
    }
}

/// Whom it scores. Markets that nobody has anything in are a mistake; where all of them
/// are, nobody is scored.
async fn users<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    night: &Night,
) -> Result<Decided, PortError> {
    if !night.markets.is_empty() && !night.is_retry() {
        let unknown = cx.session.unknown_markets(&night.markets).await?;
        if unknown.len() == night.markets.len() {
            let details = json!({"reason": "unknown_market", "unknownMarkets": unknown});
            return Ok(failed(cx, held, night, details));
        }
    }
    let write = NightUsers {
        run_id: night.run_id,
        began_at: cx.now,
        users_max: NIGHT_USERS_MAX,
        chunk_users: CHUNK_USERS,
    };
    // What it found is in its checkpoint, for only the store knows.
    let (write, next) = (NightWrite::Users(write), Some(Start::at(Step::Prices)));
    Ok(done(cx, held, (Step::Users, json!({})), write, next))
}
