//! Why a provider's answer is none. Each refusal has a name for rows and metrics, and
//! repeats nothing of what came.

use super::provider::MATCHES_MAX;
use super::result::ResultError;
use super::score::GOALS_MAX;

/// Why an answer is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is longer than is read.
    #[error("the answer has more than {max} bytes")]
    TooLong {
        /// Most bytes.
        max: usize,
    },
    /// It is no JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// It, or one of its matches, is no object.
    #[error("the answer is not a JSON object where one should be")]
    NotObject,
    /// A list has more matches than are read.
    #[error("the answer has more than {MATCHES_MAX} matches")]
    TooMany,
    /// A field is missing, or is not what it should be.
    #[error("{field} is missing or malformed")]
    Field {
        /// Its name.
        field: &'static str,
    },
    /// A status that nobody told us of.
    #[error("the status is not one of those that are known")]
    UnknownStatus,
    /// Numbers that are no goals.
    #[error("score.{part} is not two whole numbers of goals from 0 to {GOALS_MAX}")]
    Goals {
        /// Which score.
        part: &'static str,
    },
    /// It has ended, and has no score.
    #[error("the match has ended without score.ft")]
    NoScore,
    /// Its scores contradict each other.
    #[error(transparent)]
    Result(#[from] ResultError),
    /// It is about another match than was asked for.
    #[error("the answer is about another match")]
    OtherMatch,
    /// A match stands twice in a list.
    #[error("the answer has a match twice")]
    Twice,
}

impl AnswerError {
    /// Whether it can be read and contradicts itself: asking again at once brings the
    /// same, for its provider is to mend it.
    #[must_use]
    pub const fn is_contradiction(self) -> bool {
        matches!(self, Self::NoScore | Self::Result(_))
    }

    /// Its name in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong { .. } => "answer_too_long",
            Self::NotJson => "answer_not_json",
            Self::NotObject => "answer_not_object",
            Self::TooMany => "answer_too_many",
            Self::Field { .. } => "answer_field",
            Self::UnknownStatus => "answer_unknown_status",
            Self::Goals { .. } => "answer_goals",
            Self::NoScore => "answer_no_score",
            Self::Result(ResultError::Falls) => "answer_score_falls",
            Self::Result(ResultError::PenaltiesLevel) => "answer_penalties_level",
            Self::Result(ResultError::PenaltiesWithoutDraw) => "answer_penalties_without_draw",
            Self::Result(ResultError::Goals) => "answer_score_sum",
            Self::OtherMatch => "answer_other_match",
            Self::Twice => "answer_twice",
        }
    }
}
