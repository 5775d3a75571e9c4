//! Weight of a signal: hundredths of a point, exact.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::points::{PointsE4, deserialize_points};

/// Largest weight, in hundredths of a point: 999.99 points.
pub const WEIGHT_HUNDREDTHS_MAX: u32 = 99_999;

/// Decimals a weight may have.
const DECIMALS_MAX: u32 = 2;

/// Ten-thousandths in a hundredth.
const E4_PER_HUNDREDTH: i64 = 100;

/// A weight of 0 to 999.99 points with two decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalWeight(u32);

/// A weight that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 0 to 999.99 with at most 2 decimals")]
pub struct SignalWeightError;

impl SignalWeight {
    /// No weight.
    pub const ZERO: Self = Self(0);

    /// Whole points of a table of ours.
    #[must_use]
    pub(crate) const fn points_of(points: u16) -> Self {
        Self(points as u32 * 100)
    }

    /// Hundredths of a point.
    ///
    /// # Errors
    /// More than [`WEIGHT_HUNDREDTHS_MAX`], or negative.
    pub fn from_hundredths(hundredths: i64) -> Result<Self, SignalWeightError> {
        let hundredths = u32::try_from(hundredths).map_err(|_| SignalWeightError)?;
        (hundredths <= WEIGHT_HUNDREDTHS_MAX).then_some(Self(hundredths)).ok_or(SignalWeightError)
    }

    /// At most the largest weight.
    pub(crate) fn saturating(hundredths: u64) -> Self {
        Self(u32::try_from(hundredths).unwrap_or(u32::MAX).min(WEIGHT_HUNDREDTHS_MAX))
    }

    /// Hundredths of a point.
    #[must_use]
    pub const fn hundredths(self) -> u32 {
        self.0
    }

    /// The same as points.
    #[must_use]
    pub fn points(self) -> PointsE4 {
        PointsE4::from_e4(i64::from(self.0) * E4_PER_HUNDREDTH)
    }
}

impl fmt::Display for SignalWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.points().fmt(f)
    }
}

impl Serialize for SignalWeight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.points().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SignalWeight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Whatever it is that is no such number, one sentence says what is.
        let value = Value::deserialize(deserializer)?;
        let points = deserialize_points(value, DECIMALS_MAX).map_err(|_| SignalWeightError);
        let hundredths = points.map(|points| points.e4() / E4_PER_HUNDREDTH);
        hundredths.and_then(Self::from_hundredths).map_err(D::Error::custom)
    }
}
