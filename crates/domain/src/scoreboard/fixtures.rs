//! Matches as an organization tells them, and what is made of one that is told again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::matches::{Match, Status};
use super::provider::{Answer, TEAM_CHARS_MAX};
use super::result::MatchResult;
use super::round::Round;
use super::verify::{Policy, Verification, verify};
use crate::ids::ProviderMatchId;

/// Most matches that are told at once: all of a season of a league of 22 teams.
pub const FIXTURES_MAX: usize = 500;

/// A match that is to be played: what is told of it, whoever tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// What its provider calls it, or who tells it.
    pub external_id: ProviderMatchId,
    /// Its round.
    pub round: Round,
    /// The team named first.
    pub home: String,
    /// The team named second.
    pub away: String,
    /// When it begins.
    pub kickoff: DateTime<Utc>,
}

/// What is made of a match that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It is new.
    New,
    /// It is as it was.
    Same,
    /// It is still to come, and is from now on as it was told.
    Changed,
    /// Somebody saw it being played, or it never will be: it stays as it is.
    Begun,
}

impl Told {
    /// Name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "created",
            Self::Same => "unchanged",
            Self::Changed => "changed",
            Self::Begun => "begun",
        }
    }
}

impl Fixture {
    /// What is made of it where this much is stored.
    #[must_use]
    pub fn told(&self, stored: Option<(&Self, Status)>) -> Told {
        match stored {
            None => Told::New,
            Some((stored, _)) if stored == self => Told::Same,
            Some((_, status)) if status.is_to_come() => Told::Changed,
            Some(_) => Told::Begun,
        }
    }
}

/// A match that is still to come, with what is told of its kickoff: at another time it
/// is scheduled again, and asked about from then on.
#[must_use]
pub fn moved(stored: &Match, kickoff: DateTime<Utc>) -> Match {
    if stored.kickoff == kickoff {
        return *stored;
    }
    Match { last_checked_at: stored.last_checked_at, ..Match::scheduled(kickoff) }
}

/// What comes of a result that is entered by hand at `now`, the database's time under a
/// lock of the match's row: the same as of a provider that says at this moment that the
/// match has ended so. None before its kickoff: it cannot have ended.
#[must_use]
pub fn by_hand(
    of: &Fixture,
    stored: &Match,
    policy: Policy,
    now: DateTime<Utc>,
    result: MatchResult,
) -> Option<Verification> {
    if now < stored.kickoff {
        return None;
    }
    let answer = Answer {
        id: of.external_id.clone(),
        round: of.round.clone(),
        home: of.home.clone(),
        away: of.away.clone(),
        kickoff: stored.kickoff,
        status: Status::Ended,
        result: Some(result),
    };
    // Whoever holds the row comes last, also within one tick of the clock.
    let after = stored.last_checked_at.map(|at| at + TimeDelta::microseconds(1));
    Some(verify(stored, policy, after.map_or(now, |after| after.max(now)), Ok(&answer)))
}

/// Whether a text is a team's name.
#[must_use]
pub fn is_team(name: &str) -> bool {
    let is_short = name.len() <= 4 * TEAM_CHARS_MAX && name.chars().count() <= TEAM_CHARS_MAX;
    !name.trim().is_empty() && is_short && !name.chars().any(char::is_control)
}
