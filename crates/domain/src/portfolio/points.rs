//! Points of criteria, and what they add up to: fixed point, so that a sum is exact in
//! any order. What is shown of a score has four decimals.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::decimal::{Decimal, write_fixed};

/// Decimals of points. A hundred criteria of a million points are 10^8 × 10^18 = 10^26
/// units, of the 10^28 that a number has.
pub const DECIMALS_MAX: u32 = 18;

/// Most points of a criterion, in magnitude.
pub const POINTS_MAX: i128 = 1_000_000;

/// Units in a point.
const ONE: i128 = 10_i128.pow(DECIMALS_MAX);

/// Decimals of what is shown.
const SHOWN_DECIMALS: u32 = 4;

/// Points are no number that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from -{POINTS_MAX} to {POINTS_MAX} with at most {DECIMALS_MAX} decimals")]
pub struct PointsError;

/// Points, exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i128);

/// A number with four decimals, as scores, maxima and percentages are shown and stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shown(i128);

impl Points {
    /// None.
    pub const ZERO: Self = Self(0);

    /// A criterion's.
    ///
    /// # Errors
    /// When there are too many, or they have too many decimals.
    pub fn new(number: Decimal) -> Result<Self, PointsError> {
        let units = number.units(DECIMALS_MAX).ok_or(PointsError)?;
        if units.abs() > POINTS_MAX * ONE { Err(PointsError) } else { Ok(Self(units)) }
    }

    /// Whether they raise a score.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// With four decimals, half away from zero.
    #[must_use]
    pub const fn shown(self) -> Shown {
        Shown(rounded(self.0, 10_i128.pow(DECIMALS_MAX - SHOWN_DECIMALS)))
    }

    /// How many hundredths of `maximum` they are, rounded once; 0 where that is 0.
    #[must_use]
    pub const fn percentage_of(self, maximum: Self) -> Shown {
        if maximum.0 == 0 {
            return Shown(0);
        }
        // 10^26 × 10^6 = 10^32 of the 10^38 that fit.
        Shown(rounded(self.0 * 100 * 10_i128.pow(SHOWN_DECIMALS), maximum.0))
    }
}

/// A quotient by a positive divisor, half away from zero.
const fn rounded(number: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (number / divisor, number % divisor);
    if rest.unsigned_abs() * 2 < divisor.unsigned_abs() {
        quotient
    } else if rest < 0 {
        quotient - 1
    } else {
        quotient + 1
    }
}

impl Add for Points {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut units, mut decimals) = (self.0, DECIMALS_MAX as usize);
        while decimals > 0 && units % 10 == 0 {
            (units, decimals) = (units / 10, decimals - 1);
        }
        write_fixed(f, units, decimals)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fixed(f, self.0, SHOWN_DECIMALS as usize)
    }
}

/// As a number, to the last digit.
impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// As a string, to keep its zeros.
impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let number = Box::<RawValue>::deserialize(deserializer)?;
        let number = Decimal::from_json(&number).map_err(D::Error::custom)?.unwrap_or_default();
        Self::new(number).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let wrong = || D::Error::custom("must be a number with four decimals");
        let text = String::deserialize(deserializer)?;
        let digits = text.replacen('.', "", 1).parse().map_err(|_| wrong())?;
        let shown = Self(digits);
        if shown.to_string() == text { Ok(shown) } else { Err(wrong()) }
    }
}

#[cfg(test)]
#[path = "tests_points.rs"]
mod tests;
