//! The result of a match: what it stood after each of its parts, which of that the
//! guesses are about, and the hash that a settlement keeps as evidence.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::score::{GOALS_MAX, Score, Winner};

/// SHA-256 of a result's canonical form.
pub type ResultHash = [u8; 32];

/// Which score the guesses of a tournament are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Counted {
    /// After 90 minutes and what was added to them.
    FullTime,
    /// After extra time where there was one, else after full time.
    #[default]
    ExtraTime,
    /// That, and the goals of a shoot-out where there was one: 3:3 and 4:2 on
    /// penalties is 7:5.
    Penalties,
}

/// Why scores are no result: they contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// Extra time took a goal back.
    #[error("the score after extra time has fewer goals than after full time")]
    Falls,
    /// A shoot-out without a winner.
    #[error("a shoot-out that is over has a winner")]
    PenaltiesLevel,
    /// A shoot-out of a match that was won before it.
    #[error("a shoot-out follows a draw alone")]
    PenaltiesWithoutDraw,
    /// The shoot-out's goals with those before are beyond [`GOALS_MAX`].
    #[error("a team has more than {GOALS_MAX} goals with those of the shoot-out")]
    Goals,
}

/// A result. Each score holds the goals of the parts before, but the shoot-out's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchResult {
    full_time: Score,
    extra_time: Option<Score>,
    penalties: Option<Score>,
}

impl MatchResult {
    /// Checks the scores against each other. A shoot-out may follow full time, and
    /// follows a draw.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn new(
        full_time: Score,
        extra_time: Option<Score>,
        penalties: Option<Score>,
    ) -> Result<Self, ResultError> {
        if extra_time.is_some_and(|extra_time| !full_time.leads_to(extra_time)) {
            return Err(ResultError::Falls);
        }
        if penalties.is_some_and(|penalties| penalties.winner() == Winner::Draw) {
            return Err(ResultError::PenaltiesLevel);
        }
        let played = extra_time.unwrap_or(full_time);
        if penalties.is_some() && played.winner() != Winner::Draw {
            return Err(ResultError::PenaltiesWithoutDraw);
        }
        if penalties.is_some_and(|penalties| played.plus(penalties).is_none()) {
            return Err(ResultError::Goals);
        }
        Ok(Self { full_time, extra_time, penalties })
    }

    /// A result of full time alone.
    #[must_use]
    pub const fn of_full_time(full_time: Score) -> Self {
        Self { full_time, extra_time: None, penalties: None }
    }

    /// The score after full time.
    #[must_use]
    pub const fn full_time(self) -> Score {
        self.full_time
    }

    /// The score after extra time, if there was one.
    #[must_use]
    pub const fn extra_time(self) -> Option<Score> {
        self.extra_time
    }

    /// Goals of the shoot-out, if there was one.
    #[must_use]
    pub const fn penalties(self) -> Option<Score> {
        self.penalties
    }

    /// The score that guesses are compared with.
    #[must_use]
    pub fn counted(self, counted: Counted) -> Score {
        let played = self.extra_time.unwrap_or(self.full_time);
        match (counted, self.penalties) {
            (Counted::FullTime, _) => self.full_time,
            // A sum out of bounds was refused when the result was made.
            (Counted::Penalties, Some(penalties)) => played.plus(penalties).unwrap_or(played),
            (Counted::ExtraTime | Counted::Penalties, _) => played,
        }
    }

    /// The canonical form, for ever: a JSON object without blanks that has `ft`, then
    /// `et`, then `p`, each a list of the home team's goals and the other's; what was
    /// not played is left out.
    #[must_use]
    pub fn canonical(self) -> String {
        let parts = [("ft", Some(self.full_time)), ("et", self.extra_time), ("p", self.penalties)];
        let played = parts.into_iter().filter_map(|(name, score)| Some((name, score?)));
        let texts: Vec<String> = played
            .map(|(name, score)| format!("\"{name}\":[{},{}]", score.home(), score.away()))
            .collect();
        format!("{{{}}}", texts.join(","))
    }

    /// Reads a canonical form back; none where the text is another.
    #[must_use]
    pub fn from_canonical(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Parts {
            ft: [i64; 2],
            et: Option<[i64; 2]>,
            p: Option<[i64; 2]>,
        }
        let parts: Parts = serde_json::from_str(text).ok()?;
        let score = |[home, away]: [i64; 2]| Score::new(home, away).ok();
        // A part that is there is a score.
        let played = |part: Option<[i64; 2]>| part.map(score).map_or(Some(None), |of| of.map(Some));
        let (extra_time, penalties) = (played(parts.et)?, played(parts.p)?);
        let result = Self::new(score(parts.ft)?, extra_time, penalties).ok()?;
        (result.canonical() == text).then_some(result)
    }

    /// SHA-256 of the canonical form.
    #[must_use]
    pub fn hash(self) -> ResultHash {
        Sha256::digest(self.canonical()).into()
    }
}
