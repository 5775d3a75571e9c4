//! How a signal's weight falls with its age. Source of the rules: the product's
//! three models; with e = elapsed, D = the time to decay and w = the weight:
//!
//! | model | before D | from D on |
//! |---|---|---|
//! | linear | w (1 − e / D) | 0 |
//! | exponential | w · exp(−3 e / D) | 0 |
//! | step | w before D / 2, w / 2 before 3 D / 4, then w / 4 | 0 |
//!
//! What remains is rounded once, to the nearest hundredth of a point, halves up.
//! It is always computed from the weight and the age, never from an earlier
//! result, so that it is the same however often it is asked for in between.
//! Integers only: host and wasm agree to the last unit.

use chrono::TimeDelta;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::signal_weight::SignalWeight;

/// Time to decay where nobody says otherwise: a week.
pub const DECAY_HOURS_DEFAULT: u16 = 168;

/// Longest time to decay: a leap year. 100,000 hundredths × 3.2 × 10^10 ms stay
/// below 2^63.
pub const DECAY_HOURS_MAX: u16 = 8_784;

const MILLIS_PER_HOUR: u64 = 3_600_000;

/// How a weight falls.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DecayModel {
    /// Evenly.
    #[default]
    Linear,
    /// Fast at first; a twentieth is left just before the end.
    Exponential,
    /// In three steps.
    Step,
}

impl DecayModel {
    /// Every model.
    pub const ALL: [Self; 3] = [Self::Linear, Self::Exponential, Self::Step];

    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Exponential => "exponential",
            Self::Step => "step",
        }
    }

    /// The model of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.as_str() == name)
    }
}

/// Time to decay: 1 to [`DECAY_HOURS_MAX`] whole hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DecayHours(u16);

/// A time to decay that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {DECAY_HOURS_MAX} whole hours")]
pub struct DecayHoursError;

impl DecayHours {
    /// Checks the bounds.
    ///
    /// # Errors
    /// Zero, or more than [`DECAY_HOURS_MAX`].
    pub fn new(hours: u64) -> Result<Self, DecayHoursError> {
        let hours = u16::try_from(hours).map_err(|_| DecayHoursError)?;
        (1..=DECAY_HOURS_MAX).contains(&hours).then_some(Self(hours)).ok_or(DecayHoursError)
    }

    /// Whole hours.
    #[must_use]
    pub const fn hours(self) -> u16 {
        self.0
    }

    /// The same as a time.
    #[must_use]
    pub fn duration(self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.0))
    }
}

impl Default for DecayHours {
    fn default() -> Self {
        Self(DECAY_HOURS_DEFAULT)
    }
}

impl<'de> Deserialize<'de> for DecayHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Whatever it is that is no such number, one sentence says what is.
        let value = Value::deserialize(deserializer)?;
        let hours = value.as_u64().ok_or(DecayHoursError);
        hours.and_then(Self::new).map_err(D::Error::custom)
    }
}

/// A model and its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decay {
    /// How the weight falls.
    pub model: DecayModel,
    /// Until when.
    pub hours: DecayHours,
}

impl Decay {
    /// What remains of `weight` after `elapsed`, of which whole milliseconds
    /// count. Before its time a signal weighs nothing.
    #[must_use]
    pub fn remaining(self, weight: SignalWeight, elapsed: TimeDelta) -> SignalWeight {
        let whole = u64::from(self.hours.0) * MILLIS_PER_HOUR;
        let elapsed = match u64::try_from(elapsed.num_milliseconds()) {
            Ok(elapsed) if elapsed < whole => elapsed,
            _ => return SignalWeight::ZERO,
        };
        let weight = u64::from(weight.hundredths());
        let hundredths = match self.model {
            DecayModel::Linear => divide(weight * (whole - elapsed), whole),
            DecayModel::Exponential => scale(weight, exp_minus_three(elapsed, whole)),
            DecayModel::Step if elapsed * 2 < whole => weight,
            DecayModel::Step if elapsed * 4 < whole * 3 => divide(weight, 2),
            DecayModel::Step => divide(weight, 4),
        };
        SignalWeight::saturating(hundredths)
    }
}

/// To the nearest, halves up.
const fn divide(of: u64, by: u64) -> u64 {
    (2 * of + by) / (2 * by)
}

/// `weight` times a fraction in 2^-64ths, to the nearest, halves up.
fn scale(weight: u64, fraction: u64) -> u64 {
    let product = u128::from(weight) * u128::from(fraction) + (1 << 63);
    high(product)
}

/// exp(−3 · elapsed / whole) in 2^-64ths, for `elapsed` < `whole`; off by less
/// than 2^-57, which is no 10^-12 of a hundredth of the largest weight. One
/// millisecond of the longest decay changes it by more than 2^-39, so that it
/// falls at every step.
fn exp_minus_three(elapsed: u64, whole: u64) -> u64 {
    if elapsed == 0 {
        return u64::MAX;
    }
    // A quarter of the exponent, below 3/4, where 20 terms are enough: the last
    // is 0.75^20 / 20! < 2^-69. Then squared twice.
    let quarter = ((u128::from(elapsed) * 3) << 64) / (u128::from(whole) * 4);
    let quarter = u64::try_from(quarter).unwrap_or(u64::MAX);
    let mut series = u64::MAX;
    for term in (1..=TERMS).rev() {
        series = u64::MAX - multiply(quarter, series) / term;
    }
    let squared = multiply(series, series);
    multiply(squared, squared)
}

/// Terms of the series.
const TERMS: u64 = 20;

/// The product of two fractions in 2^-64ths.
fn multiply(a: u64, b: u64) -> u64 {
    high(u128::from(a) * u128::from(b))
}

fn high(product: u128) -> u64 {
    // The upper half of 128 bits always fits.
    u64::try_from(product >> 64).unwrap_or(u64::MAX)
}

const _: () = assert!(
    2 * 100_000 * DECAY_HOURS_MAX as u64 * MILLIS_PER_HOUR < i64::MAX as u64,
    "a weight times the longest decay fits"
);

#[cfg(test)]
#[path = "tests_decay.rs"]
mod tests;
