//! What is shown of matches, guesses and leagues.

use chrono::{DateTime, Utc};
use mauntic_domain::scoreboard::{Fixture, Match, Round, Score, Status, Totals};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A match's place in the order of kickoffs; a page begins after one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchTime {
    /// When it begins.
    pub kickoff: DateTime<Utc>,
    /// Which.
    pub id: Uuid,
}

/// Which matches; none of something is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchFilter {
    /// This one.
    pub id: Option<Uuid>,
    /// Of this round.
    pub round: Option<Round>,
    /// In one of these.
    pub statuses: Vec<Status>,
}

/// A match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchView {
    /// Ours.
    pub id: Uuid,
    /// What was told of it.
    pub fixture: Fixture,
    /// How it stands.
    pub stored: Match,
    /// The version of its result that counts on the board; 0 for none.
    pub settled_version: i32,
}

impl MatchView {
    /// Its place in the order.
    #[must_use]
    pub const fn at(&self) -> MatchTime {
        MatchTime { kickoff: self.fixture.kickoff, id: self.id }
    }
}

/// A member's guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessView {
    /// About which match.
    pub match_id: Uuid,
    /// Its round.
    pub round: Round,
    /// When it begins.
    pub kickoff: DateTime<Utc>,
    /// Where it stands.
    pub status: Status,
    /// The guess.
    pub score: Score,
    /// When it was stored last.
    pub stored_at: DateTime<Utc>,
    /// What it has earned; none before the match is settled.
    pub earned: Option<Totals>,
}

impl GuessView {
    /// Its place in the order.
    #[must_use]
    pub const fn at(&self) -> MatchTime {
        MatchTime { kickoff: self.kickoff, id: self.match_id }
    }
}

/// A league.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeagueView {
    /// Ours.
    pub id: Uuid,
    /// For people.
    pub name: String,
    /// Members.
    pub members: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}
