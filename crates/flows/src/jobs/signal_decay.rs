//! `scoring.SignalDecay`: archives signals that weigh nothing any more. Scores
//! follow with the next recompute, for which a signal that is archived and one
//! that has decayed are the same.
//!
//! I/O:
//! 1. reads signals that have decayed: a repeat reads what is so by then;
//! 2. the consumer completes the job, archives them and, where there may be more,
//!    enqueues the next of its kind, in one transaction behind the fence: a repeat
//!    without the claim writes nothing.

use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::SignalDecay;
use serde_json::json;

use super::scoring::next_sweep;
use super::{Context, Decided, Outcome};
use crate::ports::{EffectStore, Held, PortError, Ports};

/// Signals of one job: three names of 64 bytes each are 2 MB, and the
/// transaction half a second.
pub const ARCHIVED_SIGNALS_MAX: u32 = 10_000;

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
) -> Result<Decided, PortError> {
    let archived_signals = cx.session.decayed_signals(cx.now, ARCHIVED_SIGNALS_MAX).await?;
    let job = Job::SignalDecay(SignalDecay {});
    let spawned = next_sweep(cx, held, job, archived_signals.len(), ARCHIVED_SIGNALS_MAX);
    let decided = Decided::of(Outcome::Done(json!({"archived": archived_signals.len()})));
    Ok(Decided { archived_signals, spawned, ..decided })
}
