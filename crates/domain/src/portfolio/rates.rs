//! What currencies are worth, as told once a run.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::decimal::{Decimal, Overflow};
use super::names::Currency;

/// From when on rates are stale: the day that a run is to see has others.
pub const STALE_AFTER: TimeDelta = TimeDelta::hours(24);

/// How far ahead of our clock a provider's may be. Rates of a later time are as good as
/// stale: of when they are, nobody knows.
pub const AHEAD_MAX: TimeDelta = TimeDelta::minutes(5);

/// Rates of exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rates {
    /// Of which currency one is worth the units of the others.
    pub base: Currency,
    /// When they held, as the provider says.
    pub as_of: DateTime<Utc>,
    /// Units of each currency for one of the base, more than zero. The base may be
    /// among them, and is one.
    pub units: BTreeMap<Currency, Decimal>,
}

/// Why an amount is not converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// There is no rate of a currency.
    #[error("there is no rate of {0}")]
    MissingRate(Currency),
    /// The result has too many digits.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl Rates {
    /// Whether they are older than [`STALE_AFTER`], or of a time to come.
    #[must_use]
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        now - self.as_of > STALE_AFTER || self.as_of - now > AHEAD_MAX
    }

    /// Whether no currency has a rate but the base, whose rate nobody needs to be told.
    #[must_use]
    pub fn tells_nothing(&self) -> bool {
        self.units.keys().all(|currency| *currency == self.base)
    }

    /// Units of a currency for one of the base.
    #[must_use]
    pub fn units_of(&self, currency: &Currency) -> Option<Decimal> {
        if *currency == self.base { Some(Decimal::ONE) } else { self.units.get(currency).copied() }
    }

    /// An amount in another currency: × its units / units of the one it is in, rounded
    /// once. In the same currency it stays what it is, which needs no rate.
    ///
    /// # Errors
    /// When a rate is missing, or the result has too many digits.
    pub fn convert(
        &self,
        amount: Decimal,
        from: &Currency,
        to: &Currency,
    ) -> Result<Decimal, ConvertError> {
        if from == to {
            return Ok(amount);
        }
        let units =
            |of: &Currency| self.units_of(of).ok_or_else(|| ConvertError::MissingRate(of.clone()));
        Ok(amount.times_over(units(to)?, units(from)?)?)
    }

    /// Those that a portfolio in `to` with prices in the others needs.
    #[must_use]
    pub fn of_currencies<'a>(
        &self,
        to: &Currency,
        from: impl Iterator<Item = &'a Currency>,
    ) -> Self {
        let foreign = from.filter(|currency| *currency != to);
        let mut units = BTreeMap::new();
        for currency in foreign.flat_map(|foreign| [foreign, to]) {
            if let Some(rate) = self.units.get(currency) {
                units.insert(currency.clone(), *rate);
            }
        }
        Self { base: self.base.clone(), as_of: self.as_of, units }
    }

    /// Reads what was stored; none where it is none.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As they are stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and no fallible serializer.
        serde_json::to_string(self).unwrap_or_default()
    }
}
