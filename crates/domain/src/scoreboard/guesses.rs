//! Guesses: what one may be, and when it is taken.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::matches::{Match, Status};
use super::score::Score;

/// Most guesses that are sent at once: all of a season of a league, and more.
pub const GUESSES_MAX: usize = 1_000;

/// A guess as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guess {
    /// About which match.
    pub match_id: Uuid,
    /// Its score.
    pub score: Score,
}

/// Why a guess is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuessError {
    /// The match has begun.
    #[error(
        "guesses about this match are closed; its kickoff is {}",
        kickoff.to_rfc3339_opts(SecondsFormat::Secs, true)
    )]
    Locked {
        /// When it began, or was to begin.
        kickoff: DateTime<Utc>,
    },
    /// The match is not played, or not to its end.
    #[error("this match is {}: no guess about it is taken", status.name())]
    Void {
        /// Where it stands.
        status: Status,
    },
}

/// Whether a guess is taken, or changed, at `now`: the database's time in the
/// transaction that writes it, under a lock of the match's row.
///
/// # Errors
/// Why it is not.
pub fn check(about: &Match, now: DateTime<Utc>) -> Result<(), GuessError> {
    if about.takes_guesses(now) {
        return Ok(());
    }
    match about.status {
        status @ (Status::Abandoned | Status::Cancelled) => Err(GuessError::Void { status }),
        _ => Err(GuessError::Locked { kickoff: about.kickoff }),
    }
}

/// Whether a guess that was stored last at `stored_at` counts for a match that begins
/// at `kickoff`, by the row as it is when it is settled: a kickoff may be moved to an
/// earlier time than was known when the guess was taken.
#[must_use]
pub fn counts(stored_at: DateTime<Utc>, kickoff: DateTime<Utc>) -> bool {
    stored_at < kickoff
}
