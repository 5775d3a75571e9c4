//! What comes of asking a provider about a match. One decision from what is stored
//! and what was answered: the row that is written, and whether the match is settled.
//!
//! The flow takes the match's row with a lock in a statement of its own before it
//! decides, so that of two that asked at once the second sees what the first wrote.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::candidates::next_check;
use super::matches::{Match, Status};
use super::provider::Answer;
use super::reason::{Outcome, Reason};
use super::refusal::AnswerError;
use super::result::MatchResult;

/// What comes of a match that is postponed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Postponed {
    /// Its guesses stand, and may be changed until its new kickoff.
    #[default]
    Wait,
    /// It counts for nothing, as one that is cancelled.
    Void,
}

/// What comes of a match that was broken off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Abandoned {
    /// It has no end until its provider says how it ended: it is played on, played
    /// again or awarded. Guesses stay locked.
    #[default]
    Wait,
    /// It counts for nothing.
    Void,
    /// The score at which it was broken off is its result.
    Stand,
}

/// What a tournament's rules say of what comes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Of a match that is postponed.
    pub postponed: Postponed,
    /// Of one that was broken off.
    pub abandoned: Abandoned,
    /// How long after its end a match is asked about for a corrected result.
    pub correction: TimeDelta,
}

/// Why a provider gave no answer that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// It could not be reached, or answered that it has failed.
    Unreachable,
    /// It refuses the question.
    Refused,
    /// It answered something else.
    Malformed(AnswerError),
}

/// A decided verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// Why it came out so, which says what is done.
    pub reason: Reason,
    /// The row that is written; none where what is stored stays, the time of the last
    /// check with it.
    pub row: Option<Match>,
}

impl Verification {
    /// The version of the result that is to be settled, in the same transaction; none
    /// where nothing is.
    #[must_use]
    pub fn settles(&self) -> Option<i32> {
        let is_settled = self.reason.outcome() == Outcome::Settled;
        self.row.filter(|_| is_settled).map(|row| row.result_version)
    }
}

/// Decides what comes of an answer that was asked for at `fetched_at`, the database's
/// time before the provider was called.
#[must_use]
pub fn verify(
    stored: &Match,
    policy: Policy,
    fetched_at: DateTime<Utc>,
    answer: Result<&Answer, NoAnswer>,
) -> Verification {
    let nothing = |reason| Verification { reason, row: None };
    // An older answer changes nothing, however it was: a newer one is there.
    if stored.last_checked_at.is_some_and(|checked_at| fetched_at <= checked_at) {
        return nothing(Reason::Stale);
    }
    let checked = Match { last_checked_at: Some(fetched_at), ..*stored };
    let (reason, row) = match answer {
        Err(NoAnswer::Unreachable) => return nothing(Reason::Unreachable),
        Err(NoAnswer::Refused) => return nothing(Reason::Refused),
        Err(NoAnswer::Malformed(error)) if !error.is_contradiction() => {
            return nothing(Reason::Malformed(error));
        }
        Err(NoAnswer::Malformed(error)) => (Reason::Malformed(error), checked),
        Ok(answer) => follow(checked, policy, fetched_at, answer),
    };
    let next_check_at = next_check(&row, policy.correction, fetched_at);
    Verification { reason, row: Some(Match { next_check_at, ..row }) }
}

/// The row that follows from an answer that is newer than it.
fn follow(
    stored: Match,
    Policy { postponed, abandoned, .. }: Policy,
    fetched_at: DateTime<Utc>,
    answer: &Answer,
) -> (Reason, Match) {
    let has_begun = matches!(answer.status, Status::Live | Status::Ended | Status::Abandoned);
    // How it ended: by the whistle, or where a match that was broken off stands.
    let ending = match answer.status {
        Status::Ended => answer.result.map(|result| (Reason::Ended, result)),
        Status::Abandoned if abandoned == Abandoned::Stand => {
            answer.result.map(|result| (Reason::Stands, result))
        }
        _ => None,
    };
    let is_taken_back = match stored.status {
        Status::Ended => ending.is_none(),
        // What was seen being played is not still to come: guesses would open again.
        begun if begun.was_begun() => answer.status.is_to_come(),
        _ => false,
    };
    if is_taken_back || (has_begun && answer.kickoff > fetched_at) {
        return (Reason::Contradiction, stored);
    }
    // A kickoff that is over moves no more, unless the match is still to come.
    let is_moved = answer.status.is_to_come() || (has_begun && stored.kickoff > fetched_at);
    let kickoff = if is_moved { answer.kickoff } else { stored.kickoff };
    let becomes = |status| Match { status, kickoff, ..stored };
    if let Some((reason, result)) = ending {
        let ended_at = Some(stored.ended_at.unwrap_or(fetched_at));
        return end(reason, Match { ended_at, ..becomes(Status::Ended) }, result);
    }
    match answer.status {
        Status::Scheduled => (Reason::NotEnded, becomes(Status::Scheduled)),
        Status::Live => (Reason::NotEnded, becomes(Status::Live)),
        Status::Postponed => match postponed {
            Postponed::Wait => (Reason::Postponed, becomes(Status::Postponed)),
            Postponed::Void => (Reason::Postponed, becomes(Status::Cancelled)),
        },
        Status::Abandoned => match abandoned {
            Abandoned::Void => (Reason::Abandoned, becomes(Status::Abandoned)),
            // Without a score there is none that could stand.
            Abandoned::Wait | Abandoned::Stand => (Reason::Abandoned, becomes(Status::Suspended)),
        },
        // Begun, and not to be ended: it cannot be still to come again.
        Status::Cancelled if stored.status.was_begun() => {
            (Reason::Cancelled, becomes(Status::Abandoned))
        }
        Status::Cancelled => (Reason::Cancelled, becomes(Status::Cancelled)),
        // One that has ended without a result is refused where answers are read, and
        // no provider says that one is suspended.
        Status::Ended | Status::Suspended => (Reason::Contradiction, stored),
    }
}

fn end(reason: Reason, row: Match, result: MatchResult) -> (Reason, Match) {
    if row.result == Some(result) {
        return (Reason::Unchanged, row);
    }
    let reason = if row.result.is_some() { Reason::Corrected } else { reason };
    // No match is corrected two thousand million times.
    let result_version = row.result_version.saturating_add(1);
    (reason, Match { result: Some(result), result_version, ..row })
}
