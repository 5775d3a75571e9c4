//! Goals of two teams: of a result, or of a guess about it.

use std::cmp::Ordering;
use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Most goals of a team: three times the most that were ever scored in a match of
/// national teams (31, Australia against American Samoa in 2001), in two digits.
pub const GOALS_MAX: u8 = 99;

/// Different scores that there are; a settlement's table of points is no longer.
pub const SCORES: usize = (GOALS_MAX as usize + 1) * (GOALS_MAX as usize + 1);

/// Why two numbers are no score; the numbers are not repeated, which may be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// The home team's goals.
    #[error("home must be a whole number of goals from 0 to {GOALS_MAX}")]
    Home,
    /// The other team's.
    #[error("away must be a whole number of goals from 0 to {GOALS_MAX}")]
    Away,
}

/// Which team is ahead, if one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Winner {
    /// The team named first.
    Home,
    /// The team named second.
    Away,
    /// None of them.
    Draw,
}

/// Goals of both teams, each 0 to [`GOALS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Score {
    home: u8,
    away: u8,
}

impl Score {
    /// Checks the goals of both teams.
    ///
    /// # Errors
    /// The first that is out of its bounds.
    pub fn new(home: i64, away: i64) -> Result<Self, ScoreError> {
        Ok(Self {
            home: goals(home).ok_or(ScoreError::Home)?,
            away: goals(away).ok_or(ScoreError::Away)?,
        })
    }

    /// Every score.
    pub fn all() -> impl Iterator<Item = Self> {
        let goals = || 0..=GOALS_MAX;
        goals().flat_map(move |home| goals().map(move |away| Self { home, away }))
    }

    /// Goals of the team named first.
    #[must_use]
    pub const fn home(self) -> u8 {
        self.home
    }

    /// Goals of the team named second.
    #[must_use]
    pub const fn away(self) -> u8 {
        self.away
    }

    /// By how many goals the home team is ahead.
    #[inline]
    #[must_use]
    pub fn difference(self) -> i16 {
        i16::from(self.home) - i16::from(self.away)
    }

    /// Who is ahead.
    #[inline]
    #[must_use]
    pub fn winner(self) -> Winner {
        match self.home.cmp(&self.away) {
            Ordering::Greater => Winner::Home,
            Ordering::Less => Winner::Away,
            Ordering::Equal => Winner::Draw,
        }
    }

    /// Goals of both scores together; none beyond [`GOALS_MAX`].
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let sum = |a: u8, b: u8| i64::from(a) + i64::from(b);
        Self::new(sum(self.home, other.home), sum(self.away, other.away)).ok()
    }

    /// Whether a match can have gone on from this score to that one: no goal is
    /// taken back.
    #[must_use]
    pub const fn leads_to(self, later: Self) -> bool {
        self.home <= later.home && self.away <= later.away
    }
}

fn goals(number: i64) -> Option<u8> {
    u8::try_from(number).ok().filter(|goals| *goals <= GOALS_MAX)
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.home, self.away)
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            home: i64,
            away: i64,
        }
        let fields = Fields::deserialize(deserializer)?;
        Self::new(fields.home, fields.away).map_err(D::Error::custom)
    }
}
