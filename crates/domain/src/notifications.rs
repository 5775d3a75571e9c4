//! The notification ledger's rules: who may tell the outside world what, once
//! a window. A sender reserves under a lease, sends, then says `sent`; a
//! reservation whose sender died is taken over, with the same id.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Window within which a kind of notification is sent once a subject, unless
/// the sender says otherwise.
pub const WINDOW_DEFAULT: TimeDelta = TimeDelta::hours(24);

/// Shortest and longest window.
pub const WINDOW_HOURS: std::ops::RangeInclusive<i64> = 1..=168;

/// How long a reservation holds: longer than a job's lease of 60 s and a call
/// outside of 10 s, so that a live sender is not taken over.
pub const RESERVATION: TimeDelta = TimeDelta::seconds(90);

/// A window between [`WINDOW_HOURS`].
#[must_use]
pub fn window(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours.clamp(*WINDOW_HOURS.start(), *WINDOW_HOURS.end()))
}

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
