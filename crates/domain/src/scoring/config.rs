//! An organization's own weights over the model's.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::model::{Category, RESERVED_FACTORS};
use crate::ids::FactorName;
use crate::points::{PointsE4, deserialize_points};

/// Most entries of one organization. At 100 organizations a batch this bounds
/// a batch's configuration to 100,000 entries of about 100 bytes: 10 MB, a
/// twelfth of an isolate's 128 MB.
pub const CONFIG_ENTRIES_MAX: usize = 1_000;

/// Points of a factor, with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Weight(PointsE4);

impl Weight {
    /// Decimals a weight may have.
    pub const DECIMALS_MAX: u32 = 2;

    /// A weight as stored, in ten-thousandths of a point.
    #[must_use]
    pub const fn from_e4(e4: i64) -> Self {
        Self(PointsE4::from_e4(e4))
    }

    /// The weight as points.
    #[must_use]
    pub const fn points(self) -> PointsE4 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_points(deserializer, Self::DECIMALS_MAX).map(Self)
    }
}

/// One factor's weight and category for an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigEntry {
    /// Category the points count in.
    pub category: Category,
    /// The model's factor that is overridden, or a custom factor.
    pub factor: FactorName,
    /// Points given when the factor applies.
    pub weight: Weight,
    /// False switches the factor off, its default weight included.
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
}

const fn enabled_by_default() -> bool {
    true
}

/// Why a list of entries is not a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A factor stands twice; which of the two counts would be a guess.
    #[error("factor {factor} is configured twice; keep one entry for it")]
    DuplicateFactor {
        /// The factor.
        factor: FactorName,
        /// Index of the second entry.
        index: usize,
    },
    /// The name is one that an explanation uses for itself.
    #[error("factor {factor} is reserved; choose another name")]
    ReservedFactor {
        /// The factor.
        factor: FactorName,
        /// Index of the entry.
        index: usize,
    },
    /// More than [`CONFIG_ENTRIES_MAX`] entries.
    #[error("a configuration has at most {CONFIG_ENTRIES_MAX} entries, this one has {found}")]
    TooMany {
        /// Entries found.
        found: usize,
    },
}

/// An organization's checked configuration; empty means the model's defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config(BTreeMap<FactorName, ConfigEntry>);

impl Config {
    /// Checks a list of entries; their order does not matter.
    ///
    /// # Errors
    /// When a factor stands twice or is reserved, or there are too many.
    pub fn new(entries: Vec<ConfigEntry>) -> Result<Self, ConfigError> {
        if entries.len() > CONFIG_ENTRIES_MAX {
            return Err(ConfigError::TooMany { found: entries.len() });
        }
        let mut by_factor = BTreeMap::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let factor = entry.factor.clone();
            if RESERVED_FACTORS.contains(&factor.as_str()) {
                return Err(ConfigError::ReservedFactor { factor, index });
            }
            if by_factor.insert(factor.clone(), entry).is_some() {
                return Err(ConfigError::DuplicateFactor { factor, index });
            }
        }
        Ok(Self(by_factor))
    }

    /// The entries, in the order of their factors.
    pub fn entries(&self) -> impl Iterator<Item = &ConfigEntry> {
        self.0.values()
    }

    /// The entry that names `factor`, enabled or not.
    #[must_use]
    pub fn get(&self, factor: &str) -> Option<&ConfigEntry> {
        // A name outside the alphabet cannot be configured.
        FactorName::parse(factor).ok().and_then(|factor| self.0.get(&factor))
    }
}
