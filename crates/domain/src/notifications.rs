//! The notification ledger's rules: who may tell the outside world what, once
//! a window. A sender reserves under a lease, sends, then says `sent`; a
//! reservation whose sender died is taken over, with the same id.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// The window unless the sender says otherwise.
pub const WINDOW_DEFAULT: TimeDelta = TimeDelta::hours(24);

/// Shortest and longest window, in hours.
pub const WINDOW_HOURS: std::ops::RangeInclusive<i64> = 1..=168;

/// Time within which a kind of notification is sent once a subject; always
/// within [`WINDOW_HOURS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(TimeDelta);

impl Window {
    /// [`WINDOW_DEFAULT`].
    pub const DEFAULT: Self = Self(WINDOW_DEFAULT);

    /// So many hours, or the nearest that may be.
    #[must_use]
    pub fn hours(hours: i64) -> Self {
        Self(TimeDelta::hours(hours.clamp(*WINDOW_HOURS.start(), *WINDOW_HOURS.end())))
    }

    /// How long it is.
    #[must_use]
    pub const fn length(self) -> TimeDelta {
        self.0
    }
}

/// How long a reservation holds: longer than a job's lease of 60 s and a call
/// outside of 10 s, so that a live sender is not taken over.
pub const RESERVATION: TimeDelta = TimeDelta::seconds(90);

/// What asking for a notification gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// This caller may send, under this id, which every attempt of the window
    /// has.
    Reserved {
        /// Stable id, sent along.
        id: Uuid,
    },
    /// Somebody sends at this moment.
    Held {
        /// When the sender is taken for dead.
        until: DateTime<Utc>,
    },
    /// It was sent within the window.
    Sent,
}

#[cfg(test)]
#[path = "notifications_tests.rs"]
mod tests;
