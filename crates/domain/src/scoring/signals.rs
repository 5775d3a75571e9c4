//! Signals of wanting to buy, and what they add to a score.
//!
//! A signal carries its own weight and decay, as they were configured when it
//! came: what is configured later holds for later signals, so that a curve that
//! was shown once stays as it was shown. Together they are one contribution,
//! [`SIGNALS_FACTOR`], and the configuration's weight of that factor is its cap.

use chrono::{DateTime, TimeDelta, Utc};

use super::decay::Decay;
use super::signal_weight::SignalWeight;
use crate::points::PointsE4;

/// Factor of the contribution of all signals.
pub const SIGNALS_FACTOR: &str = "intent_signals";

/// Most that signals add where the configuration says nothing else.
pub const SIGNALS_CAP_DEFAULT: PointsE4 = PointsE4::whole(40);

/// How long a signal is kept, decayed or not: the largest time to decay and a
/// month, so that a score as of an instant of the last month finds every signal
/// that weighed then.
pub const SIGNALS_KEPT: TimeDelta = TimeDelta::days(396);

/// Signals of a contact and UTC day from which on an event there makes no further
/// one: twenty types at their default cap. What a day's signals are ranked by
/// stays small, whatever a crawler does or an observer calls its types.
pub const SIGNALS_PER_DAY_MAX: usize = 2_000;

/// How far back a score is asked for: signals that had decayed before may be
/// gone.
pub const AS_OF_PAST_MAX: TimeDelta = TimeDelta::days(30);

/// How far ahead: after the largest time to decay nothing changes any more.
pub const AS_OF_FUTURE_MAX: TimeDelta = TimeDelta::days(366);

const _: () = assert!(
    SIGNALS_KEPT.num_hours() >= super::decay::DECAY_HOURS_MAX as i64 + AS_OF_PAST_MAX.num_hours()
);

/// What a score needs of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// Its weight when it came.
    pub weight: SignalWeight,
    /// How that falls.
    pub decay: Decay,
    /// When it was detected; whole milliseconds count.
    pub detected_at: DateTime<Utc>,
}

impl Signal {
    /// What it weighs at an instant: nothing before it was detected, and nothing
    /// once it has decayed.
    #[must_use]
    pub fn remaining(&self, as_of: DateTime<Utc>) -> SignalWeight {
        let elapsed = as_of.timestamp_millis() - self.detected_at.timestamp_millis();
        self.decay.remaining(self.weight, TimeDelta::milliseconds(elapsed))
    }

    /// From when on it weighs nothing.
    #[must_use]
    pub fn decayed_at(&self) -> DateTime<Utc> {
        self.detected_at + self.decay.hours.duration()
    }
}

/// What signals weigh together at an instant, without the cap.
#[must_use]
pub fn sum<'a>(signals: impl IntoIterator<Item = &'a Signal>, as_of: DateTime<Utc>) -> PointsE4 {
    signals.into_iter().map(|signal| signal.remaining(as_of).points()).sum()
}

#[cfg(test)]
#[path = "tests_signals.rs"]
mod tests;
