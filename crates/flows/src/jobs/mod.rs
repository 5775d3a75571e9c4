//! The jobs: one file a type, and this registry.
//!
//! A handler reads, calls outside where it must, and decides; it writes
//! nothing. What is decided comes back as a value, and the consumer commits it
//! behind the fence: so a handler may be repeated at any time.

pub mod alert_expiry;
mod batch_recompute;
mod calculate_score;
mod check_drift;
mod check_knockout;
mod notify_alert;
pub mod outcome;
pub mod overnight_ask;
pub(crate) mod overnight_end;
pub mod overnight_prices;
mod overnight_rates;
mod overnight_score;
pub mod overnight_start;
mod overnight_warm;
mod rebuild;
mod recompute_chunk;
mod roll_up;
pub mod roll_up_parts;
mod schedule_verification;
mod scoring;
mod settle_match;
pub mod signal_decay;
mod verify_match;
pub mod warmup_daily_reset;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::schedules::{TOLERANCE, cron_of};
use serde_json::json;

pub use check_knockout::TOURNAMENTS_PLANNED_MAX;
pub use outcome::Outcome;
pub(crate) use outcome::{BUSY, Decided, Decision};

use crate::ports::{Database, Dependency, Held, Host, Outside, PortError, Ports, SpawnedJob};
use crate::traces;

/// What a handler works with.
pub(crate) struct Context<'a, P: Ports> {
    pub(crate) ports: &'a P,
    pub(crate) session: &'a <P::Db as Database>::Session,
    /// The database's clock at the claim.
    pub(crate) now: DateTime<Utc>,
    /// The host's clock when this work was begun, for whatever number of repeats.
    pub(crate) begun: DateTime<Utc>,
}

impl<P: Ports> Context<'_, P> {
    /// A job that a held one asks for, in its run.
    fn spawn(&self, held: &Held, job: Job) -> SpawnedJob {
        SpawnedJob {
            id: self.ports.host().new_id(),
            job,
            idempotency_key: None,
            run_id: held.run_id,
            request_id: held.request_id.clone(),
            starter: traces::passed_on(held, self.ports.host().is_traced()),
        }
    }

    /// The same, unless there is a job with that key.
    fn spawn_once(&self, held: &Held, job: Job, key: String) -> SpawnedJob {
        SpawnedJob { idempotency_key: Some(key), ..self.spawn(held, job) }
    }
}

/// Types whose jobs have nobody to call in this deployment, so that they take no time.
pub(crate) fn idle<P: Ports>(ports: &P) -> Vec<JobType> {
    let callers = [
        (Dependency::AlertWebhook, JobType::NotifyAlert),
        (Dependency::MatchProvider, JobType::VerifyMatch),
    ];
    let is_idle = |(of, _): &(Dependency, _)| !ports.outside().is_configured(*of);
    callers.into_iter().filter(is_idle).map(|(_, caller)| caller).collect()
}

/// The time that a scheduled job is for, which has come: what it says itself, what its
/// schedule started it for, or, sent by hand, its schedule's latest time when it was
/// written; else what becomes of the job.
fn nominal(
    held: &Held,
    of: JobType,
    said: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Outcome> {
    let known = said.or(held.scheduled_for);
    let latest = || cron_of(of)?.previous(held.created_at);
    let nominal = known.or_else(latest).ok_or_else(|| Outcome::Reject {
        reason: "no_nominal_time",
        detail: format!("no schedule names a time for {}", of.name()),
    })?;
    if nominal > now + TOLERANCE {
        let detail = format!("{nominal} is not over: nothing can be done for it yet");
        return Err(Outcome::Reject { reason: "window_open", detail });
    }
    if nominal > now {
        // A trigger whose clock is ahead of the database's.
        return Err(Outcome::Snooze { until: Some(nominal), reason: "window_open" });
    }
    Ok(nominal)
}

/// Decides held jobs of one type.
///
/// # Errors
/// Infrastructure's alone; what is wrong with a job is its outcome.
pub(crate) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &[Held],
) -> Result<Decision, PortError> {
    let mut decision = Decision::new(cx.now);
    let mut scores = Vec::new();
    for held in held {
        match Job::parse(&held.type_name, held.version, &held.data) {
            Err(refusal) => decision.add(held, Decided::rejected(&refusal)),
            // The registry of handlers: a line a type.
            Ok(Job::CalculateScore(data)) => scores.push(calculate_score::work(held, data)),
            Ok(Job::BatchRecompute(data)) => {
                decision.add(held, batch_recompute::decide(cx, held, data).await?);
            }
            Ok(Job::RecomputeChunk(data)) => {
                decision.add(held, recompute_chunk::decide(cx, held, data).await?);
            }
            Ok(Job::SignalDecay(_)) => {
                decision.add(held, signal_decay::decide(cx, held).await?);
            }
            Ok(Job::AlertExpiry(_)) => {
                decision.add(held, alert_expiry::decide(cx, held).await?);
            }
            Ok(Job::RollUp(of, data)) => {
                decision.add(held, roll_up::decide(cx, held, of, data).await?);
            }
            Ok(Job::ScheduleVerification(_)) => {
                decision.add(held, schedule_verification::decide(cx, held).await?);
            }
            Ok(Job::VerifyMatch(data)) => {
                decision.add(held, verify_match::decide(cx, held, data).await?);
            }
            Ok(Job::CheckKnockout(data)) => {
                decision.add(held, check_knockout::decide(cx, held, data).await?);
            }
            Ok(Job::SettleMatchScore(data)) => {
                decision.add(held, settle_match::decide(cx, held, data).await?);
            }
            Ok(Job::Rebuild(data)) => {
                decision.add(held, rebuild::decide(cx, held, data).await?);
            }
            Ok(Job::CheckDrift(data)) => {
                decision.add(held, check_drift::decide(cx, held, data).await?);
            }
            Ok(Job::OvernightStart(data)) => {
                decision.add(held, overnight_start::decide(cx, held, data).await?);
            }
            Ok(Job::OvernightScoreUsers(data)) => {
                decision.add(held, overnight_score::decide(cx, held, data).await?);
            }
            Ok(Job::OvernightFinalize(_)) => {
                decision.add(held, overnight_end::decide(cx, held).await?);
            }
            Ok(Job::OvernightWarmCache(data)) => {
                decision.add(held, overnight_warm::decide(cx, held, data).await?);
            }
            Ok(Job::Probe(_)) => decision.add(held, Decided::of(Outcome::Done(json!({})))),
            Ok(Job::WarmupDailyReset(data)) => {
                decision.add(held, warmup_daily_reset::decide(cx, held, data).await?);
            }
            Ok(Job::NotifyAlert(data)) => {
                decision.add(held, notify_alert::decide(cx, held, data).await?);
            }
        }
    }
    if !scores.is_empty() {
        calculate_score::decide(cx, scores, &mut decision).await?;
    }
    decision.finish();
    Ok(decision)
}
