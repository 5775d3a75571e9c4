//! A match: where it stands, and until when guesses about it are taken.

use chrono::{DateTime, Utc};

use super::result::MatchResult;

/// Where a match stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is to be played at its kickoff.
    Scheduled,
    /// It is to be played, at another time that may not be known yet.
    Postponed,
    /// It was begun, and is not over.
    Live,
    /// It was broken off, and its provider is to say what becomes of it. Our own: no
    /// provider says so.
    Suspended,
    /// It is over, and has a result.
    Ended,
    /// It was broken off, and counts for nothing.
    Abandoned,
    /// It is not played.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Scheduled,
        Self::Postponed,
        Self::Live,
        Self::Suspended,
        Self::Ended,
        Self::Abandoned,
        Self::Cancelled,
    ];

    /// Name in rows and JSON, and in what a provider says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Postponed => "postponed",
            Self::Live => "live",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
            Self::Abandoned => "abandoned",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The status that a provider names.
    #[must_use]
    pub fn from_provider(name: &str) -> Option<Self> {
        Self::from_name(name).filter(|status| *status != Self::Suspended)
    }

    /// Whether it is still to be known how it ends.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Ended | Self::Abandoned | Self::Cancelled)
    }

    /// Whether it is still to be played.
    #[must_use]
    pub const fn is_to_come(self) -> bool {
        matches!(self, Self::Scheduled | Self::Postponed)
    }

    /// Whether somebody saw it being played, and it has no end yet or counts for
    /// nothing: it is never still to come again.
    #[must_use]
    pub const fn was_begun(self) -> bool {
        matches!(self, Self::Live | Self::Suspended | Self::Abandoned)
    }
}

/// What is stored of a match. It has a result if and only if it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Where it stands.
    pub status: Status,
    /// When it begins, or began.
    pub kickoff: DateTime<Utc>,
    /// Its result.
    pub result: Option<MatchResult>,
    /// How many results it has had, each another than the one before; 0 before the
    /// first. It only rises.
    pub result_version: i32,
    /// When the newest answer that was taken had been asked for; none before the
    /// first.
    pub last_checked_at: Option<DateTime<Utc>>,
    /// When it was first seen ended; the window for corrections begins then.
    pub ended_at: Option<DateTime<Utc>>,
    /// When a schedule asks about it next; none where none does. A match that has
    /// ended is final then: only an operator has it asked about.
    pub next_check_at: Option<DateTime<Utc>>,
}

impl Match {
    /// A match that nobody asked about yet.
    #[must_use]
    pub const fn scheduled(kickoff: DateTime<Utc>) -> Self {
        Self {
            status: Status::Scheduled,
            kickoff,
            result: None,
            result_version: 0,
            last_checked_at: None,
            ended_at: None,
            next_check_at: Some(kickoff),
        }
    }

    /// Whether guesses about it are taken at `now`: before its kickoff alone, and
    /// never once somebody saw it being played. One that is postponed without a new
    /// time keeps its old one, and so stays locked until it has a new one.
    #[must_use]
    pub fn takes_guesses(&self, now: DateTime<Utc>) -> bool {
        self.status.is_to_come() && now < self.kickoff
    }
}
