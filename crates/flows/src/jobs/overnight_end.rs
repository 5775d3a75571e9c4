//! `overnight.finalize`: ends a night whose chunks are done, and tells of it.
//!
//! I/O:
//! 1. reads what the night has come to: while a chunk is open the job waits, and the last
//!    chunk wakes it, or, where that is done meanwhile, who puts it off sees so;
//! 2. the consumer completes the job, writes how the night ended, enqueues a job for each
//!    chunk with scores to be stored where they are read fast, and tells of it, in one
//!    transaction behind the fence, unless another chunk is done by then. A repeat leaves a
//!    night that has ended as it is: what is done of it later lets it go on first.
//!
//! Where a run is over and its night is not, because a job of it died or it was cancelled,
//! the tick ends the night ([`end_lost`]).

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::Job;
use mauntic_domain::overnight::ending::Counts;
use mauntic_domain::overnight::messages::Chunk;
use mauntic_domain::overnight::{CHUNKS_OPEN, LOST_MAX, NightStatus, Step};
use mauntic_domain::portfolio::UserFate;
use serde_json::{Map, Value, json};

use super::overnight_start::{event, unknown_night};
use super::{Context, Decided, Outcome};
use crate::ports::{
    Database, Held, Host, LostNight, Night, NightEnd, NightStore, NightTold, NightTotals,
    NightWrite, PortError, Ports,
};
use crate::traces;

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
    if night.status != NightStatus::Started && !night.is_lost() {
        let summary = json!({"status": night.status, "reason": "done_before"});
        return Ok(Decided::of(Outcome::Done(summary)));
    }
    if totals.chunks_open() > 0 {
        return Ok(Decided::of(Outcome::Snooze { until: None, reason: CHUNKS_OPEN }));
    }
    let counts = counts(&totals);
    let details = Value::Object(details(cx.session, &totals).await?);
    let end = end(cx.now, night, (counts, counts.status()), totals.assets_scored, details);
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
    let end = end(cx.now, night, (Counts::default(), NightStatus::Failed), 0, details);
    ended(held, night, end, 0)
}

/// Ends nights that go on though their runs are over, and tells of each once; how many. A
/// night that had ended before has its span. One that cannot be read keeps no other from its
/// end: the rest are ended, and then it is told.
///
/// I/O, a night a transaction:
/// 1. finds them: a run is over with the last of its jobs;
/// 2. reads what each has come to, and writes so much, unless somebody else has ended it or
///    done more of it by then: it is found again then, if it is to be.
pub(crate) async fn end_lost<P: Ports>(
    ports: &P,
    session: &<P::Db as Database>::Session,
) -> Result<u64, PortError> {
    let (mut ended, mut unreadable) = (0, None);
    for lost in session.lost_nights(LOST_MAX).await? {
        match end_one(ports, session, &lost).await {
            Ok(is_ended) => ended += u64::from(is_ended),
            Err(error @ PortError::Unreadable { .. }) => unreadable = Some(error),
            Err(error) => return Err(error),
        }
    }
    unreadable.map_or(Ok(ended), Err)
}

async fn end_one<P: Ports>(
    ports: &P,
    session: &<P::Db as Database>::Session,
    lost: &LostNight,
) -> Result<bool, PortError> {
    let Some(totals) = session.night_totals(lost.run_id).await? else { return Ok(false) };
    let counts = counts(&totals);
    let mut details = details(session, &totals).await?;
    details.insert("reason".to_owned(), json!(lost.why.name()));
    if let Some((job_type, cause)) = &lost.died {
        details.insert("job".to_owned(), json!(job_type));
        details.insert("cause".to_owned(), json!(cause));
    }
    let (came_to, assets) = ((counts, counts.status_of_lost()), totals.assets_scored);
    let end = end(lost.now, &totals.night, came_to, assets, Value::Object(details));
    let data = told(&totals.night, &end, assets);
    let told = NightTold { event_type: COMPLETED, data };
    let is_ended = session.end_lost_night(&end, &told).await?;
    if is_ended && ports.host().is_traced() && !end.is_correction {
        ports.host().trace(traces::night(&end, lost.starter));
    }
    Ok(is_ended)
}

fn counts(totals: &NightTotals) -> Counts {
    let of = |fate| totals.users.get(&fate).copied().unwrap_or(0);
    Counts {
        scored: of(UserFate::Scored),
        skipped: of(UserFate::Skipped),
        failed: of(UserFate::Failed)
            + of_step(&totals.night, Step::Users, "unreadable").unwrap_or(0),
        left: totals.users_left,
    }
}

fn end(
    now: DateTime<Utc>,
    night: &Night,
    (counts, status): (Counts, NightStatus),
    assets_scored: i64,
    error_details: Value,
) -> NightEnd {
    let since = |step| night.done(step).map(|done| (now - done.done_at).num_milliseconds());
    let metrics = json!({
        "fetch_rates_ms": night.done(Step::ExchangeRates).map(|done| done.took_ms),
        "process_users_ms": since(Step::Prices),
        "total_duration_ms": (now - night.started_at).num_milliseconds(),
        "users_total": counts.total(),
        "users_success": counts.scored,
        "users_failed": counts.failed + counts.left,
        "users_skipped": counts.skipped,
        "assets_scored": assets_scored,
    });
    NightEnd {
        run_id: night.run_id,
        status,
        completed_at: now,
        users_processed: counts.scored,
        users_failed: counts.failed + counts.left,
        users_skipped: counts.skipped,
        error_details,
        metrics,
        // What was told of an end once is there as long as the night is.
        is_correction: night.metrics.get("total_duration_ms").is_some(),
        chunks_done: night.chunks_done,
        before: night.status,
    }
}

/// What is told of an end.
fn told(night: &Night, end: &NightEnd, assets_scored: i64) -> Value {
    json!({
        "runId": night.run_id, "correlationId": night.correlation_id, "status": end.status,
        "startedAt": night.started_at, "completedAt": end.completed_at,
        "usersProcessed": end.users_processed, "usersFailed": end.users_failed,
        "usersSkipped": end.users_skipped, "assetsScored": assets_scored,
        "errorDetails": for_everybody(&end.error_details),
    })
}

/// What is written of an end, and told.
fn ended(held: &Held, night: &Night, end: NightEnd, assets_scored: i64) -> Decided {
    let told = told(night, &end, assets_scored);
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

/// How many a step's checkpoint tells of something; none where it is none.
fn of_step(night: &Night, step: Step, what: &str) -> Option<i64> {
    let told = night.done(step)?.summary.get(what)?.as_i64();
    told.filter(|many| *many > 0)
}

/// Who failed first, by name.
const FIRST_FAILED: &str = "firstFailed";

/// What went wrong, by what: only what did is named.
async fn details<S: NightStore>(
    session: &S,
    totals: &NightTotals,
) -> Result<Map<String, Value>, PortError> {
    let night = &totals.night;
    let mut details = Map::new();
    let mut name = |what: &str, value: Value| details.insert(what.to_owned(), value);
    if let Some(stored) = session.night_rates(night.run_id).await?.filter(|rates| rates.stale) {
        name("staleRates", json!({"asOf": stored.rates.as_of}));
    }
    if !night.markets.is_empty() && !night.is_retry() {
        let unknown = session.unknown_markets(&night.markets).await?;
        if !unknown.is_empty() {
            name("unknownMarkets", json!(unknown));
        }
    }
    for (what, step, of) in [
        ("usersLeftOut", Step::Users, "leftOut"),
        ("usersUnreadable", Step::Users, "unreadable"),
        ("symbolsUnanswered", Step::Prices, "unanswered"),
    ] {
        if let Some(many) = of_step(night, step, of) {
            name(what, json!(many));
        }
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
    Ok(details)
}
