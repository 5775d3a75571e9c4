//! What becomes of a user in a run, and why. A user's assets are scored together or not
//! at all, so that no portfolio shows two nights at once.

use std::fmt;

/// Most names of symbols or currencies that are kept of a reason.
pub const NAMED_MAX: usize = 10;

/// What became of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserFate {
    /// All assets have a score.
    Scored,
    /// There was nothing to score, or nothing to score by.
    Skipped,
    /// Something is wrong, and is named.
    Failed,
}

impl UserFate {
    /// Every fate.
    pub const ALL: [Self; 3] = [Self::Scored, Self::Skipped, Self::Failed];

    /// Name in rows and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// The fate of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.name() == name)
    }
}

/// The first of several, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Named {
    first: Vec<String>,
    found: usize,
}

impl<T: fmt::Display> FromIterator<T> for Named {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut named = Self::default();
        for one in all {
            named.found += 1;
            if named.first.len() < NAMED_MAX {
                named.first.push(one.to_string());
            }
        }
        named
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.join(", "))?;
        match self.found - self.first.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Why a user has no scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The user has no criteria.
    NoCriteria,
    /// The user holds nothing.
    NoAssets,
    /// The user holds nothing that the night has listed.
    NewAssets,
    /// What is stored as criteria is none.
    BadCriteria,
    /// What is stored as a portfolio is none.
    BadPortfolio,
    /// The provider told nothing of symbols that the user holds.
    MissingPrice,
    /// There is no rate of currencies that are needed.
    MissingRate,
    /// Prices have too many digits in the base currency.
    BadNumbers,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::NoCriteria,
        Self::NoAssets,
        Self::NewAssets,
        Self::BadCriteria,
        Self::BadPortfolio,
        Self::MissingPrice,
        Self::MissingRate,
        Self::BadNumbers,
    ];

    /// Name in rows, events and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCriteria => "no_criteria",
            Self::NoAssets => "no_assets",
            Self::NewAssets => "new_assets",
            Self::BadCriteria => "bad_criteria",
            Self::BadPortfolio => "bad_portfolio",
            Self::MissingPrice => "missing_price",
            Self::MissingRate => "missing_rate",
            Self::BadNumbers => "bad_numbers",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What becomes of the user.
    #[must_use]
    pub const fn fate(self) -> UserFate {
        match self {
            Self::NoCriteria | Self::NoAssets | Self::NewAssets => UserFate::Skipped,
            Self::BadCriteria
            | Self::BadPortfolio
            | Self::MissingPrice
            | Self::MissingRate
            | Self::BadNumbers => UserFate::Failed,
        }
    }

    /// Whether inputs were captured before it was found.
    #[must_use]
    pub const fn has_inputs(self) -> bool {
        matches!(self, Self::MissingPrice | Self::MissingRate | Self::BadNumbers)
    }

    /// This reason, for a user. What is wrong may name what is stored: U+0000, which no
    /// column of text takes, is shown as U+FFFD.
    #[must_use]
    pub fn of(self, detail: impl fmt::Display) -> Unscored {
        Unscored { reason: self, detail: detail.to_string().replace('\0', "\u{fffd}") }
    }

    /// Whether the user has no scores from then on: those of another night are of what he
    /// held then.
    #[must_use]
    pub const fn ends_scores(self) -> bool {
        matches!(self, Self::NoAssets)
    }
}

/// That a user has no scores, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unscored {
    /// Why.
    pub reason: Reason,
    /// What it is about, for people.
    pub detail: String,
}
