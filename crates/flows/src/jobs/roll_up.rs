//! The roll-ups of analytics: each counts what its window of time touched.
//!
//! I/O:
//! 1. where counting failed before, reads which organizations there are: a repeat reads
//!    what is so by then;
//! 2. the consumer completes the job, marks the days that it counts, which waits for
//!    whoever counts one of them at that moment, and then counts them whole; or it
//!    enqueues a job for each part of the organizations. Either is one transaction
//!    behind the fence: a repeat without the claim writes nothing, and another job of
//!    the same time counts the same again.

use chrono::{DateTime, Utc};
use mauntic_domain::analytics::{RollUp, Window};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::{Nominal, Part};
use mauntic_domain::schedules::TOLERANCE;
use serde_json::json;

use super::{Context, Decided, Outcome, nominal};
use crate::ports::{
    EffectStore, Held, Host, OrganizationRange, PortError, Ports, RollUpWrite, SpawnedJob,
};

/// Failures after which a job is parted: one may be by chance.
const FAILURES_WHOLE: i16 = 2;

/// Organizations that are parted at once; a further part has the others.
const SPLIT_MAX: u32 = 64;

/// Organizations of a part of many; those of a few have a part each. With 400,000
/// scored contacts each they have 3.2 million, which a statement just has time for.
const PART_MAX: usize = 8;

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
    let part = data.part.unwrap_or_default();
    if part.split || held.failures >= FAILURES_WHOLE {
        let page = cx.session.organizations(part.after.as_ref(), SPLIT_MAX).await?;
        let parts = parts(&part, page);
        if !parts.is_empty() {
            return Ok(split(cx, held, roll_up, nominal, parts));
        }
    }
    let received = window.received.as_ref().map(|received| &received.at);
    let summary = json!({
        "nominal": nominal,
        "receivedFrom": received.map(|at| at.start),
        "wholeFrom": window.whole.as_ref().map(|days| days.start),
        "wholeUntil": window.whole.as_ref().map(|days| days.end),
        "organizationsAfter": part.after,
        "organizationsThrough": part.through,
    });
    let organizations = OrganizationRange { after: part.after, through: part.through };
    let write = RollUpWrite { roll_up, window, organizations, job_id: held.id };
    Ok(Decided { roll_up: Some(write), ..Decided::of(Outcome::Done(summary)) })
}

/// The nominal time, and what is counted for it; else what becomes of the job.
fn counted(
    held: &Held,
    roll_up: RollUp,
    data: &Nominal,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, Window), Outcome> {
    let nominal = nominal(held, roll_up.job_type(), data.nominal)?;
    if nominal > now + TOLERANCE {
        let detail = format!("{nominal} is not over: nothing can be counted for it yet");
        return Err(Outcome::Reject { reason: "window_open", detail });
    }
    if nominal > now {
        // A trigger whose clock is ahead of the database's.
        return Err(Outcome::Snooze { until: Some(nominal), reason: "window_open" });
    }
    let window = roll_up.window_kept(nominal, now).ok_or_else(|| Outcome::Reject {
        reason: "window_dropped",
        detail: format!(
            "what {nominal} counts is deleted, or will be; its counts stay as they are"
        ),
    })?;
    Ok((nominal, window))
}

/// What a part is made of whose first organizations are these: smaller parts without
/// gaps, from its beginning to its end; none where it is of one organization.
fn parts(of: &Part, mut first: Vec<OrganizationId>) -> Vec<Part> {
    let is_cut = u32::try_from(first.len()).unwrap_or(u32::MAX) >= SPLIT_MAX;
    first.retain(|name| of.through.as_ref().is_none_or(|through| name <= through));
    if first.len() < 2 {
        return Vec::new();
    }
    let size = if first.len() > PART_MAX { PART_MAX } else { 1 };
    let mut after = of.after.clone();
    let mut parts: Vec<Part> = first
        .chunks(size)
        .filter_map(<[_]>::last)
        .map(|last| Part {
            after: after.replace(last.clone()),
            through: Some(last.clone()),
            split: false,
        })
        .collect();
    if is_cut {
        parts.push(Part { after, through: of.through.clone(), split: true });
    } else if let Some(last) = parts.last_mut() {
        // Whoever is made known meanwhile is in it as well.
        last.through.clone_from(&of.through);
    }
    parts
}

/// A job for each part, in the same run.
fn split<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    roll_up: RollUp,
    nominal: DateTime<Utc>,
    parts: Vec<Part>,
) -> Decided {
    let summary = json!({ "nominal": nominal, "parts": parts.len() });
    let spawn = |part| SpawnedJob {
        id: cx.ports.host().new_id(),
        job: Job::RollUp(roll_up, Nominal { nominal: Some(nominal), part: Some(part) }),
        run_id: held.run_id,
        request_id: held.request_id.clone(),
    };
    let spawned = parts.into_iter().map(spawn).collect();
    Decided { spawned, ..Decided::of(Outcome::Done(summary)) }
}

#[cfg(test)]
#[path = "roll_up_tests.rs"]
mod tests;
