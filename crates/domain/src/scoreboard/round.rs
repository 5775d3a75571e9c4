//! Names of rounds, as the provider writes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most characters of a round's name.
pub const ROUND_CHARS_MAX: usize = 64;

/// Why a text is no round; never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have 1 to {ROUND_CHARS_MAX} characters, no control characters and no blanks at its ends"
)]
pub struct RoundError;

/// A round of a tournament, such as `Matchday 1` or `Final`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Round(String);

impl Round {
    /// Checks a name.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: impl Into<String>) -> Result<Self, RoundError> {
        let text = text.into();
        // Four bytes are the longest character: a long text is not counted to its end.
        let is_short = text.len() <= 4 * ROUND_CHARS_MAX && text.chars().count() <= ROUND_CHARS_MAX;
        let is_clean = !text.chars().any(char::is_control) && text.trim() == text;
        if text.is_empty() || !is_short || !is_clean {
            return Err(RoundError);
        }
        Ok(Self(text))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Round {
    type Error = RoundError;
    fn try_from(text: String) -> Result<Self, RoundError> {
        Self::parse(text)
    }
}

impl From<Round> for String {
    fn from(round: Round) -> Self {
        round.0
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
