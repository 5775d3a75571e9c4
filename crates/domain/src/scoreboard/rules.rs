//! What a guess is worth: a tournament's rules over the product's defaults.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::result::{Counted, MatchResult};
use super::round::Round;
use super::score::Score;
use super::verify::{Abandoned, Policy, Postponed};
use crate::points::{PointsE4, deserialize_points};

/// Decimals of points and multipliers: their product has four, which is what
/// [`PointsE4`] holds without rounding.
pub const DECIMALS_MAX: u32 = 2;

/// Most points of a guess before they are multiplied.
pub const AWARD_POINTS_MAX: i64 = 100;

/// Largest multiplier.
pub const MULTIPLIER_MAX: i64 = 100;

/// Most rounds that have multipliers of their own: more than a league has.
pub const MULTIPLIERS_MAX: usize = 100;

/// Longest window for corrections, in hours: two weeks, as long as a match without an
/// end is asked about.
pub const CORRECTION_HOURS_MAX: u16 = 14 * 24;

/// Points from 0 to [`AWARD_POINTS_MAX`], or a factor from 0 to [`MULTIPLIER_MAX`],
/// with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Amount(PointsE4);

const _: () = assert!(AWARD_POINTS_MAX == MULTIPLIER_MAX);

impl Amount {
    /// One.
    pub const ONE: Self = Self(PointsE4::whole(1));

    const fn whole(number: i64) -> Self {
        Self(PointsE4::whole(number))
    }

    /// As a number.
    #[must_use]
    pub const fn number(self) -> PointsE4 {
        self.0
    }

    /// The product, exact: both have at most two decimals.
    #[must_use]
    pub const fn times(self, other: Self) -> PointsE4 {
        // Hundredths by hundredths are ten-thousandths; 10^4 × 10^4 at most.
        PointsE4::from_e4((self.0.e4() / 100) * (other.0.e4() / 100))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = deserialize_points(deserializer, DECIMALS_MAX)?;
        if !(PointsE4::ZERO..=PointsE4::whole(AWARD_POINTS_MAX)).contains(&number) {
            return Err(D::Error::custom(format!("must be from 0 to {AWARD_POINTS_MAX}")));
        }
        Ok(Self(number))
    }
}

/// The rules of a tournament. A field that is absent has the product's value. They
/// stay as they are once a match was settled by them; see [`check_change`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Rules {
    /// Points of a guess that is the score itself.
    pub exact_score: Amount,
    /// Points of one with the right difference of goals; of a draw that is every
    /// other draw.
    pub goal_difference: Amount,
    /// Points of one that has the right winner, or the draw.
    pub outcome: Amount,
    /// Factors of rounds; of others it is 1.
    #[serde(deserialize_with = "multipliers")]
    pub multipliers: BTreeMap<Round, Amount>,
    /// Which score the guesses are about.
    pub counted: Counted,
    /// What comes of a match that is postponed.
    pub postponed: Postponed,
    /// What comes of a match that was broken off.
    pub abandoned: Abandoned,
    /// How many hours after its end a match is asked about for a corrected result.
    #[serde(deserialize_with = "correction_hours")]
    pub correction_hours: u16,
}

impl Default for Rules {
    /// The product's: 5 for the score, 3 for the difference, 2 for the outcome.
    fn default() -> Self {
        Self {
            exact_score: Amount::whole(5),
            goal_difference: Amount::whole(3),
            outcome: Amount::whole(2),
            multipliers: BTreeMap::new(),
            counted: Counted::default(),
            postponed: Postponed::default(),
            abandoned: Abandoned::default(),
            correction_hours: 48,
        }
    }
}

fn correction_hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let hours = u16::deserialize(deserializer)?;
    if hours > CORRECTION_HOURS_MAX {
        return Err(D::Error::custom(format!("must be from 0 to {CORRECTION_HOURS_MAX}")));
    }
    Ok(hours)
}

/// Rules are not changed: a match was settled by them, and everybody's points are by
/// one set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rules of a tournament stay as they are once a match was settled by them")]
pub struct RulesInUse;

impl RulesInUse {
    /// Its code in answers; the status is 409.
    pub const CODE: &'static str = "rules_in_use";
}

/// Whether a tournament's rules, with its order of members, may become others.
/// Those that are the same always may.
///
/// # Errors
/// When a match was settled by them.
pub fn check_change<T: PartialEq>(stored: &T, new: &T, is_settled: bool) -> Result<(), RulesInUse> {
    if is_settled && stored != new { Err(RulesInUse) } else { Ok(()) }
}

fn multipliers<'de, D>(deserializer: D) -> Result<BTreeMap<Round, Amount>, D::Error>
where
    D: Deserializer<'de>,
{
    let multipliers = BTreeMap::<Round, Amount>::deserialize(deserializer)?;
    if multipliers.len() > MULTIPLIERS_MAX {
        let found = multipliers.len();
        let message = format!("must name at most {MULTIPLIERS_MAX} rounds, names {found}");
        return Err(D::Error::custom(message));
    }
    Ok(multipliers)
}

/// What a guess earned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Award {
    /// Points, multiplied.
    pub points: PointsE4,
    /// Whether the guess is the score itself.
    pub is_exact: bool,
    /// Whether it has the right winner, or the draw; an exact one has it too.
    pub is_right: bool,
}

impl Rules {
    /// What they say of what comes of an answer.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            postponed: self.postponed,
            abandoned: self.abandoned,
            correction: TimeDelta::hours(self.correction_hours.into()),
        }
    }

    /// The factor of a round.
    #[must_use]
    pub fn multiplier(&self, round: &Round) -> Amount {
        self.multipliers.get(round).copied().unwrap_or(Amount::ONE)
    }

    /// What a guess earns. The score itself has the right difference, and that the
    /// right outcome: of what a guess fulfils the most counts, so that a better guess
    /// never gets less, whatever the points are.
    #[must_use]
    pub fn award(&self, round: &Round, result: MatchResult, guess: Score) -> Award {
        self.award_times(self.multiplier(round), result, guess)
    }

    /// What a guess earns in a round of that factor.
    #[must_use]
    pub fn award_times(&self, multiplier: Amount, result: MatchResult, guess: Score) -> Award {
        self.awards(multiplier, result)(guess)
    }

    /// What each guess earns, as a function: what does not depend on the guess is
    /// computed once.
    pub fn awards(
        &self,
        multiplier: Amount,
        result: MatchResult,
    ) -> impl Fn(Score) -> Award + use<> {
        let score = result.counted(self.counted);
        let (difference, winner) = (score.difference(), score.winner());
        let with_difference = self.outcome.max(self.goal_difference);
        let exact = with_difference.max(self.exact_score);
        let [exact, with_difference, outcome] =
            [exact, with_difference, self.outcome].map(|points| points.times(multiplier));
        move |guess| {
            let is_exact = guess == score;
            let is_right = guess.winner() == winner;
            let points = if is_exact {
                exact
            } else if guess.difference() == difference {
                with_difference
            } else if is_right {
                outcome
            } else {
                PointsE4::ZERO
            };
            Award { points, is_exact, is_right }
        }
    }
}
