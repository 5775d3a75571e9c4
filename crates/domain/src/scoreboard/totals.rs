//! What a member has: points, and the counts that break ties. The same three numbers
//! are what a settlement changes.

use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

use super::rules::{AWARD_POINTS_MAX, Award, MULTIPLIER_MAX};
use crate::points::{E4_PER_POINT, PointsE4};

/// Most matches of a tournament: ten seasons of a league of 20 teams.
pub const MATCHES_MAX: i64 = 4_000;

/// No member has more ten-thousandths of a point: 100 points a match, times 100, in
/// every match.
pub const TOTAL_E4_MAX: i64 = AWARD_POINTS_MAX * MULTIPLIER_MAX * E4_PER_POINT * MATCHES_MAX;

/// What a member has, or by how much that changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Totals {
    /// Points, exact.
    pub points: PointsE4,
    /// Guesses that were the score itself.
    pub exact_hits: i64,
    /// Guesses that had the right winner, or the draw; exact ones are among them.
    pub right_outcomes: i64,
}

impl Totals {
    /// Nothing.
    pub const ZERO: Self = Self { points: PointsE4::ZERO, exact_hits: 0, right_outcomes: 0 };
}

impl From<Award> for Totals {
    fn from(award: Award) -> Self {
        Self {
            points: award.points,
            exact_hits: i64::from(award.is_exact),
            right_outcomes: i64::from(award.is_right),
        }
    }
}

impl Add for Totals {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            points: self.points + other.points,
            exact_hits: self.exact_hits.saturating_add(other.exact_hits),
            right_outcomes: self.right_outcomes.saturating_add(other.right_outcomes),
        }
    }
}

impl Neg for Totals {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            points: -self.points,
            exact_hits: self.exact_hits.saturating_neg(),
            right_outcomes: self.right_outcomes.saturating_neg(),
        }
    }
}

impl Sub for Totals {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(totals: I) -> Self {
        totals.fold(Self::ZERO, |sum, next| sum + next)
    }
}
