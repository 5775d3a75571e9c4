//! Exact points: ten-thousandths of a point in an `i64`.
//!
//! Four decimals hold a weight (two decimals) times a fraction of two more
//! without rounding. No float takes part in any sum; JSON numbers are read and
//! written through their shortest decimal text, which is exact at this size.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Ten-thousandths in one point.
pub const E4_PER_POINT: i64 = 10_000;

/// Largest magnitude that is read, in whole points. With at most 2,000
/// contributions to a score a sum stays under 2 × 10^9 points = 2 × 10^13
/// ten-thousandths, far inside `i64` and inside the 15 decimal digits that a
/// JSON number carries exactly.
pub const POINTS_MAGNITUDE_MAX: i64 = 1_000_000;

/// Points in ten-thousandths, exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointsE4(i64);

/// Why a number is not a number of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointsError {
    /// Not plain decimal text.
    #[error("must be a decimal number")]
    NotDecimal,
    /// More decimals than the place holds.
    #[error("must have at most {max} decimals")]
    Decimals {
        /// Decimals allowed.
        max: u32,
    },
    /// Beyond [`POINTS_MAGNITUDE_MAX`].
    #[error("must be between -{POINTS_MAGNITUDE_MAX} and {POINTS_MAGNITUDE_MAX}")]
    Magnitude,
}

impl PointsE4 {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// Whole points.
    #[must_use]
    pub const fn whole(points: i64) -> Self {
        Self(points * E4_PER_POINT)
    }

    /// Ten-thousandths, as the database returns them.
    #[must_use]
    pub const fn from_e4(e4: i64) -> Self {
        Self(e4)
    }

    /// Ten-thousandths, as the database takes them.
    #[must_use]
    pub const fn e4(self) -> i64 {
        self.0
    }

    /// Reads plain decimal text with at most `decimals_max` (≤ 4) decimals.
    ///
    /// # Errors
    /// When the text is not a decimal, too precise or too large.
    pub fn parse(text: &str, decimals_max: u32) -> Result<Self, PointsError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return Err(PointsError::NotDecimal);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > decimals_max as usize {
            return Err(PointsError::Decimals { max: decimals_max });
        }
        let whole: i64 = whole.parse().map_err(|_| PointsError::Magnitude)?;
        if whole > POINTS_MAGNITUDE_MAX {
            return Err(PointsError::Magnitude);
        }
        let fraction: i64 =
            format!("{fraction:0<4}").parse().map_err(|_| PointsError::NotDecimal)?;
        let e4 = whole * E4_PER_POINT + fraction;
        if e4 > POINTS_MAGNITUDE_MAX * E4_PER_POINT {
            return Err(PointsError::Magnitude);
        }
        Ok(Self(if negative { -e4 } else { e4 }))
    }
}

impl fmt::Display for PointsE4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) =
            (magnitude / E4_PER_POINT.unsigned_abs(), magnitude % E4_PER_POINT.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let decimals = format!("{fraction:04}");
        write!(f, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl Add for PointsE4 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for PointsE4 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for PointsE4 {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for PointsE4 {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, |sum, next| sum + next)
    }
}

impl Serialize for PointsE4 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % E4_PER_POINT == 0 {
            return serializer.serialize_i64(self.0 / E4_PER_POINT);
        }
        // The shortest decimal text of this float is the text it was read from.
        let shortest: f64 = self.to_string().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(shortest)
    }
}

impl<'de> Deserialize<'de> for PointsE4 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_points(deserializer, 4)
    }
}

/// Reads a JSON number as points with at most `decimals_max` decimals.
pub(crate) fn deserialize_points<'de, D: Deserializer<'de>>(
    deserializer: D,
    decimals_max: u32,
) -> Result<PointsE4, D::Error> {
    deserializer.deserialize_any(NumberVisitor { decimals_max })
}

struct NumberVisitor {
    decimals_max: u32,
}

impl NumberVisitor {
    fn read<E: de::Error>(&self, number: impl fmt::Display) -> Result<PointsE4, E> {
        PointsE4::parse(&number.to_string(), self.decimals_max).map_err(E::custom)
    }
}

impl Visitor<'_> for NumberVisitor {
    type Value = PointsE4;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number with at most {} decimals", self.decimals_max)
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<PointsE4, E> {
        self.read(number)
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<PointsE4, E> {
        self.read(number)
    }
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<PointsE4, E> {
        self.read(number)
    }
}

#[cfg(test)]
#[path = "points_tests.rs"]
mod tests;
