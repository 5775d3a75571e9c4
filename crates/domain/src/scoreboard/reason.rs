//! How verifications come out, and why: what an operator reads in their history.

use super::refusal::AnswerError;

/// What is done about a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more.
    Noop,
    /// It is asked again.
    Retry,
    /// The match is settled.
    Settled,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Noop, Self::Retry, Self::Settled];

    /// The outcome of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Name in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Retry => "retry",
            Self::Settled => "settled",
        }
    }
}

/// Why a verification came out as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Another answer that was taken had been asked for at the same time or later.
    Stale,
    /// It is still to be played, or is being played.
    NotEnded,
    /// It is postponed.
    Postponed,
    /// It was broken off; its rule says what comes of it.
    Abandoned,
    /// It is not played.
    Cancelled,
    /// It has ended with the result that is stored.
    Unchanged,
    /// The answer takes back what was said before, that it has begun or how it ended,
    /// or has it begun before its kickoff. What is stored stands, and an operator may
    /// look.
    Contradiction,
    /// It has ended.
    Ended,
    /// It was broken off, and its score stands.
    Stands,
    /// It has another result than is stored.
    Corrected,
    /// There was no answer.
    Unreachable,
    /// The provider refuses the question: it knows no such match, or not us.
    Refused,
    /// What came is no answer: it cannot be read, or contradicts itself.
    Malformed(AnswerError),
}

impl Reason {
    /// What is done about it.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Stale
            | Self::NotEnded
            | Self::Postponed
            | Self::Abandoned
            | Self::Cancelled
            | Self::Unchanged
            | Self::Contradiction => Outcome::Noop,
            Self::Ended | Self::Stands | Self::Corrected => Outcome::Settled,
            Self::Malformed(error) if error.is_contradiction() => Outcome::Noop,
            Self::Unreachable | Self::Refused | Self::Malformed(_) => Outcome::Retry,
        }
    }

    /// Name in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::NotEnded => "not_ended",
            Self::Postponed => "postponed",
            Self::Abandoned => "abandoned",
            Self::Cancelled => "cancelled",
            Self::Unchanged => "unchanged",
            Self::Contradiction => "contradiction",
            Self::Ended => "ended",
            Self::Stands => "stands",
            Self::Corrected => "corrected",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Malformed(error) => error.name(),
        }
    }
}
