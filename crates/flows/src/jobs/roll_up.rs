//! The roll-ups of analytics: each counts what its window of time touched.
//!
//! I/O:
//! 1. where counting all organizations failed twice, reads which ones come next: a
//!    repeat reads what is so by then;
//! 2. the consumer completes the job, marks the days that it counts, which waits for
//!    whoever counts one of them at that moment, counts them whole, and enqueues the
//!    parts that follow, in one transaction behind the fence: a repeat without the claim
//!    writes nothing, and another job of the same time counts the same again.

use chrono::{DateTime, Utc};
use mauntic_domain::analytics::{RollUp, Window};
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::Nominal;
use serde_json::json;

use super::roll_up_parts::{Share, plan, share};
use super::{Context, Decided, Outcome, nominal};
use crate::ports::{EffectStore, Held, PortError, Ports, RollUpWrite};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    roll_up: RollUp,
    data: Nominal,
) -> Result<Decided, PortError> {
    let (nominal, window) = match counted(held, roll_up, &data, cx.now) {
        Ok(counted) => counted,
        Err(outcome) => return Ok(Decided::of(outcome)),
    };
    let share = share(data.part, held.failures);
    let first = match &share {
        Share::Range(_) => Vec::new(),
        Share::Part(next) | Share::Each(next) => {
            cx.session.organizations(next.after.as_ref(), next.organizations).await?
        }
    };
    let (range, parts) = plan(share, &first);
    let received = window.received.as_ref().map(|received| &received.at);
    let summary = json!({
        "nominal": nominal,
        "receivedFrom": received.map(|at| at.start),
        "wholeFrom": window.whole.as_ref().map(|days| days.start),
        "wholeUntil": window.whole.as_ref().map(|days| days.end),
        "organizations": range,
        "parts": parts.len(),
    });
    let job_id = held.id;
    let write = |organizations| RollUpWrite { roll_up, window, organizations, job_id };
    let spawn = |part| {
        let data = Nominal { nominal: Some(nominal), part: Some(part) };
        cx.spawn(held, Job::RollUp(roll_up, data))
    };
    Ok(Decided {
        roll_up: range.map(write),
        spawned: parts.into_iter().map(spawn).collect(),
        ..Decided::of(Outcome::Done(summary))
    })
}

/// The nominal time, and what is counted for it; else what becomes of the job.
fn counted(
    held: &Held,
    roll_up: RollUp,
    data: &Nominal,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, Window), Outcome> {
    let nominal = nominal(held, roll_up.job_type(), data.nominal, now)?;
    let window = roll_up.window_kept(nominal, now).ok_or_else(|| Outcome::Reject {
        reason: "window_dropped",
        detail: format!(
            "what {nominal} counts is deleted, or will be; its counts stay as they are"
        ),
    })?;
    Ok((nominal, window))
}

#[cfg(test)]
#[path = "roll_up_tests.rs"]
mod tests;
