//! The circuit breaker of a dependency: a pure state machine. Closed and
//! healthy it is the default value, which needs no row and no write.
//!
//! `closed → open` after ten failures in a row; `open → half open` after two
//! minutes; `half open → closed` after three successes; a failure while half
//! open opens it again. Half open, one probe goes at a time.

use chrono::{DateTime, TimeDelta, Utc};

/// Failures in a row that open it.
pub const FAILURES_MAX: u32 = 10;

/// How long it stays open.
pub const OPEN: TimeDelta = TimeDelta::minutes(2);

/// Successes while half open that close it.
pub const SUCCESSES_MIN: u32 = 3;

/// How long a probe has it to itself: a call outside ends after 10 s, with a fallback
/// after 20, and a probe that died is taken for lost after this.
pub const PROBE: TimeDelta = TimeDelta::seconds(60);

/// A breaker's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Breaker {
    /// Calls go.
    #[default]
    Healthy,
    /// Calls go; this many failed in a row, 1 to [`FAILURES_MAX`] − 1.
    Failing {
        /// Failures in a row.
        failures: u32,
    },
    /// No call goes.
    Open {
        /// When a probe may.
        until: DateTime<Utc>,
    },
    /// One call at a time goes.
    HalfOpen {
        /// Probes that succeeded, 0 to [`SUCCESSES_MIN`] − 1.
        successes: u32,
        /// Until when a probe has it to itself; none when no probe is out.
        probe_until: Option<DateTime<Utc>>,
    },
}

/// Whether a call may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Pass,
    /// It may, once this state is stored: nobody else may meanwhile.
    Probe(Breaker),
    /// It may not before this.
    Refuse {
        /// When to ask again.
        until: DateTime<Utc>,
    },
}

impl Breaker {
    /// Whether a call may go at `now`.
    #[must_use]
    pub fn admit(self, now: DateTime<Utc>) -> Admission {
        let probe = |successes| {
            Admission::Probe(Self::HalfOpen { successes, probe_until: Some(now + PROBE) })
        };
        match self {
            Self::Healthy | Self::Failing { .. } => Admission::Pass,
            Self::Open { until } if now < until => Admission::Refuse { until },
            Self::Open { .. } => probe(0),
            Self::HalfOpen { probe_until: Some(until), .. } if now < until => {
                Admission::Refuse { until }
            }
            Self::HalfOpen { successes, .. } => probe(successes),
        }
    }

    /// The state after a call that succeeded. A late success of a call that
    /// went before it opened does not close it.
    #[must_use]
    pub fn succeeded(self) -> Self {
        match self {
            Self::Healthy | Self::Failing { .. } => Self::Healthy,
            Self::Open { .. } => self,
            Self::HalfOpen { successes, .. } if successes + 1 >= SUCCESSES_MIN => Self::Healthy,
            Self::HalfOpen { successes, .. } => {
                Self::HalfOpen { successes: successes + 1, probe_until: None }
            }
        }
    }

    /// The state after a call that failed at `now`. A late failure does not
    /// keep it open for longer.
    #[must_use]
    pub fn failed(self, now: DateTime<Utc>) -> Self {
        match self {
            Self::Healthy => Self::Failing { failures: 1 },
            Self::Failing { failures } if failures + 1 < FAILURES_MAX => {
                Self::Failing { failures: failures + 1 }
            }
            Self::Failing { .. } | Self::HalfOpen { .. } => Self::Open { until: now + OPEN },
            Self::Open { .. } => self,
        }
    }

    /// Name of the state in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy | Self::Failing { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half_open",
        }
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
