//! `overnight.finalize`: ends a night whose chunks are done, and tells of it.
//!
//! I/O:
//! 1. reads what the night has come to: while a chunk is open the job waits, and the last
//!    chunk wakes it;
//! 2. the consumer completes the job, writes how the night ended, enqueues a job for each
//!    chunk with scores to be stored where they are read fast, and tells of it, in one
//!    transaction behind the fence. A repeat leaves a night that has ended so as it is.

use mauntic_domain::jobs::Job;
use mauntic_domain::overnight::ending::Counts;
use mauntic_domain::overnight::messages::Chunk;
use mauntic_domain::overnight::{NightStatus, Step};
use mauntic_domain::portfolio::UserFate;
use serde_json::{Map, Value, json};

use super::overnight_start::{event, unknown_night};
use super::{Context, Decided, Outcome};
use crate::ports::{Held, Night, NightEnd, NightStore, NightTotals, NightWrite, PortError, Ports};

/// The event that tells of a night's end, however it ended.
const COMPLETED: &str = "overnight.ScoringCompleted";

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
) -> Result<Decided, PortError> {
    let Some(run_id) = held.run_id else { return Ok(unknown_night()) };
    let Some(totals) = cx.session.night_totals(run_id).await? else { return Ok(unknown_night()) };
    let night = &totals.night;
    if night.done(Step::Prices).is_none() {
        // It failed before, or somebody sent this too early.
        let summary = json!({"status": night.status, "reason": "nothing_scored"});
        return Ok(Decided::of(Outcome::Done(summary)));
    }
    if totals.chunks_open() > 0 {
        // Whoever does the last one wakes it. One that is held at that moment is not
        // woken, and looks again in two minutes: more looks were more chances to die.
        return Ok(Decided::of(Outcome::Snooze { until: None, reason: "chunks_open" }));
    }
    let of = |fate| totals.users.get(&fate).copied().unwrap_or(0);
    let counts = Counts {
        scored: of(UserFate::Scored),
        skipped: of(UserFate::Skipped),
        failed: of(UserFate::Failed),
        left: totals.users_left,
    };
    let details = details(cx, &totals).await?;
    let end = end(cx, night, (counts, counts.status()), totals.assets_scored, details);
    if has_ended_so(night, &end) {
        let summary = json!({"status": night.status, "reason": "done_before"});
        return Ok(Decided::of(Outcome::Done(summary)));
    }
    let warm = |chunk: &i32| cx.spawn(held, Job::OvernightWarmCache(Chunk { chunk: *chunk }));
    let spawned = totals.chunks_scored.iter().map(warm).collect();
    Ok(Decided { spawned, ..ended(held, night, end, totals.assets_scored) })
}

/// A night that ends before anybody is scored, and why.
pub(super) fn failed<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    night: &Night,
    details: Value,
) -> Decided {
    let end = end(cx, night, (Counts::default(), NightStatus::Failed), 0, details);
    ended(held, night, end, 0)
}

fn has_ended_so(night: &Night, end: &NightEnd) -> bool {
    let counts = |processed: i64, failed: i64, skipped: i64| [processed, failed, skipped];
    let before = counts(night.users_processed, night.users_failed, night.users_skipped);
    night.status == end.status
        && before == counts(end.users_processed, end.users_failed, end.users_skipped)
}

fn end<P: Ports>(
    cx: &Context<'_, P>,
    night: &Night,
    (counts, status): (Counts, NightStatus),
    assets_scored: i64,
    error_details: Value,
) -> NightEnd {
    let since = |step| night.done(step).map(|done| (cx.now - done.done_at).num_milliseconds());
    let metrics = json!({
        "fetch_rates_ms": night.done(Step::ExchangeRates).map(|done| done.took_ms),
        "process_users_ms": since(Step::Prices),
        "total_duration_ms": (cx.now - night.started_at).num_milliseconds(),
        "users_total": counts.total(),
        "users_success": counts.scored,
        "users_failed": counts.failed + counts.left,
        "users_skipped": counts.skipped,
        "assets_scored": assets_scored,
    });
    NightEnd {
        run_id: night.run_id,
        status,
        completed_at: cx.now,
        users_processed: counts.scored,
        users_failed: counts.failed + counts.left,
        users_skipped: counts.skipped,
        error_details,
        metrics,
        is_correction: night.status != NightStatus::Started,
    }
}

/// What is written of an end, and told.
fn ended(held: &Held, night: &Night, end: NightEnd, assets_scored: i64) -> Decided {
    let told = json!({
        "runId": night.run_id, "correlationId": night.correlation_id, "status": end.status,
        "startedAt": night.started_at, "completedAt": end.completed_at,
        "usersProcessed": end.users_processed, "usersFailed": end.users_failed,
        "usersSkipped": end.users_skipped, "assetsScored": assets_scored,
        "errorDetails": for_everybody(&end.error_details),
    });
    let summary = json!({
        "status": end.status, "usersProcessed": end.users_processed,
        "usersFailed": end.users_failed, "usersSkipped": end.users_skipped,
        "reason": end.error_details.get("reason"),
    });
    Decided {
        night: Some(NightWrite::End(end)),
        events: vec![event(held, COMPLETED, told)],
        ..Decided::of(Outcome::Done(summary))
    }
}

/// Of what went wrong what names nobody: the event is of no organization.
fn for_everybody(details: &Value) -> Value {
    let mut details = details.clone();
    if let Some(fields) = details.as_object_mut() {
        fields.remove(FIRST_FAILED);
    }
    details
}

/// Who failed first, by name.
const FIRST_FAILED: &str = "firstFailed";

/// What went wrong, by what: only what did is named.
async fn details<P: Ports>(cx: &Context<'_, P>, totals: &NightTotals) -> Result<Value, PortError> {
    let night = &totals.night;
    let mut details = Map::new();
    let mut name = |what: &str, value: Value| details.insert(what.to_owned(), value);
    if let Some(stored) = cx.session.night_rates(night.run_id).await?.filter(|rates| rates.stale) {
        name("staleRates", json!({"asOf": stored.rates.as_of}));
    }
    if !night.markets.is_empty() && !night.is_retry() {
        let unknown = cx.session.unknown_markets(&night.markets).await?;
        if !unknown.is_empty() {
            name("unknownMarkets", json!(unknown));
        }
    }
    let told = |step, what: &str| {
        let told = night.done(step).and_then(|done| done.summary.get(what)?.as_i64());
        told.filter(|many| *many > 0)
    };
    if let Some(left_out) = told(Step::Users, "leftOut") {
        name("usersLeftOut", json!(left_out));
    }
    if let Some(unanswered) = told(Step::Prices, "unanswered") {
        name("symbolsUnanswered", json!(unanswered));
    }
    if totals.chunks_dead > 0 {
        name("chunksDead", json!({"chunks": totals.chunks_dead, "users": totals.users_left}));
    }
    if !totals.reasons.is_empty() {
        name("reasons", json!(totals.reasons));
    }
    let first = totals.first_failed.iter().map(|failure| {
        let (organization, user) = &failure.user;
        json!({
            "organizationId": organization, "userId": user, "reason": failure.reason,
            "detail": failure.detail,
        })
    });
    let first: Vec<Value> = first.collect();
    if !first.is_empty() {
        name(FIRST_FAILED, json!(first));
    }
    Ok(Value::Object(details))
}
