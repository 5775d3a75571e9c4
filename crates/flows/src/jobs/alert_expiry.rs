//! `scoring.AlertExpiry`: expires alerts that nobody acted on in time.
//!
//! I/O:
//! 1. reads open alerts that are overdue: a repeat reads what is so by then;
//! 2. the consumer completes the job, expires those that are still open, tells of
//!    each, and, where there may be more, enqueues the next of its kind, in one
//!    transaction behind the fence: a repeat without the claim writes nothing,
//!    and an alert that somebody took on meanwhile stays theirs.

use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::AlertExpiry;
use serde_json::json;

use super::scoring::next_sweep;
use super::{Context, Decided, Outcome};
use crate::ports::{EffectStore, Held, PortError, Ports};

/// Alerts of one job: with their events a transaction of some 100 ms.
pub const EXPIRED_ALERTS_MAX: u32 = 2_000;

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
) -> Result<Decided, PortError> {
    let expired_alerts = cx.session.overdue_alerts(cx.now, EXPIRED_ALERTS_MAX).await?;
    let job = Job::AlertExpiry(AlertExpiry {});
    let spawned = next_sweep(cx, held, job, expired_alerts.len(), EXPIRED_ALERTS_MAX);
    let decided = Decided::of(Outcome::Done(json!({"overdue": expired_alerts.len()})));
    Ok(Decided { expired_alerts, spawned, ..decided })
}
