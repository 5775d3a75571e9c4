//! The roll-ups of analytics: each counts what its window of time touched.
//!
//! I/O:
//! 1. none to decide: what is counted follows from the nominal time alone;
//! 2. the consumer completes the job, marks the days that it counts, which waits for
//!    whoever counts one of them at that moment, and then counts them whole, in one
//!    transaction behind the fence: a repeat without the claim writes nothing, and
//!    another job of the same time counts the same again.

use chrono::{DateTime, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_domain::jobs::data::Nominal;
use serde_json::json;

use super::{Decided, Outcome};
use crate::ports::{Held, RollUpWrite};

pub(super) fn decide(held: &Held, roll_up: RollUp, data: Nominal, now: DateTime<Utc>) -> Decided {
    let Some(nominal) = nominal(held, roll_up, data) else {
        let detail = format!("no schedule names a time for {}", roll_up.name());
        return Decided::of(Outcome::Reject { reason: "no_nominal_time", detail });
    };
    if nominal > now {
        let detail = format!("{nominal} is not over: nothing can be counted for it yet");
        return Decided::of(Outcome::Reject { reason: "window_open", detail });
    }
    let window = roll_up.window(nominal);
    let received = window.received.as_ref().map(|received| &received.at);
    let summary = json!({
        "nominal": nominal,
        "receivedFrom": received.map(|at| at.start),
        "wholeFrom": window.whole.as_ref().map(|days| days.start),
        "wholeUntil": window.whole.as_ref().map(|days| days.end),
    });
    let write = RollUpWrite { roll_up, window, job_id: held.id };
    Decided { roll_up: Some(write), ..Decided::of(Outcome::Done(summary)) }
}

/// The time that a job is for: what it says itself, what its schedule started it
/// for, or, sent by hand, its schedule's latest time when it was written.
fn nominal(held: &Held, roll_up: RollUp, data: Nominal) -> Option<DateTime<Utc>> {
    let said = data.nominal.or(held.scheduled_for);
    said.or_else(|| roll_up.cron()?.previous(held.created_at))
}

#[cfg(test)]
#[path = "roll_up_tests.rs"]
mod tests;
