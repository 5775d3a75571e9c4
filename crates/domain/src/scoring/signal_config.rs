//! What an organization says of types of signal, over the product's defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decay::{Decay, DecayHours, DecayModel};
use super::priority::Priority;
use super::signal_weight::SignalWeight;
use crate::ids::SignalType;

/// Most types that one organization configures: there are about twenty of the
/// product's, and an organization's own observers have theirs.
pub const SIGNAL_ENTRIES_MAX: usize = 500;

/// Most signals of one type that count for a contact and day where nobody says
/// otherwise. With the default weights more would change no score, because the
/// cap is 40 points; it keeps a crawler from making a contact heavy.
pub const CAP_PER_DAY_DEFAULT: u16 = 100;

/// Largest such cap that can be configured.
pub const CAP_PER_DAY_MAX: u16 = 1_000;

/// One type's configuration. What is absent is the product's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignalConfigEntry {
    /// The type.
    pub signal_type: SignalType,
    /// Points when it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<SignalWeight>,
    /// When nothing of it is left.
    #[serde(default)]
    pub decay_hours: DecayHours,
    /// How it falls.
    #[serde(default)]
    pub decay_model: DecayModel,
    /// How urgent it is, in place of the table's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Priority>,
    /// False: such an event makes no signal.
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    /// Most that count for a contact and UTC day: the earliest of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_per_day: Option<u16>,
}

const fn enabled_by_default() -> bool {
    true
}

/// Why a list of entries is no configuration of signals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalConfigError {
    /// A type stands twice; which of the two counts would be a guess.
    #[error("signal type {signal_type} is configured twice; keep one entry for it")]
    DuplicateType {
        /// The type.
        signal_type: SignalType,
        /// Index of the second entry.
        index: usize,
    },
    /// A cap out of its bounds.
    #[error("capPerDay must be 1 to {CAP_PER_DAY_MAX}")]
    Cap {
        /// Index of the entry.
        index: usize,
    },
    /// More than [`SIGNAL_ENTRIES_MAX`] entries.
    #[error(
        "a configuration has at most {SIGNAL_ENTRIES_MAX} types of signal, this one has {found}"
    )]
    TooMany {
        /// Entries found.
        found: usize,
    },
}

/// An organization's checked configuration of signals; empty means defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignalConfig(BTreeMap<SignalType, SignalConfigEntry>);

/// What a signal that comes now is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalTerms {
    /// Its weight.
    pub weight: SignalWeight,
    /// How that falls.
    pub decay: Decay,
    /// How urgent it is.
    pub priority: Priority,
    /// Most of its type that count for its contact and day.
    pub cap_per_day: u16,
}

impl SignalConfig {
    /// Checks a list of entries; their order does not matter.
    ///
    /// # Errors
    /// When a type stands twice, a cap is out of bounds, or there are too many.
    pub fn new(entries: Vec<SignalConfigEntry>) -> Result<Self, SignalConfigError> {
        if entries.len() > SIGNAL_ENTRIES_MAX {
            return Err(SignalConfigError::TooMany { found: entries.len() });
        }
        let mut by_type = BTreeMap::new();
        for (index, entry) in entries.into_iter().enumerate() {
            if entry.cap_per_day.is_some_and(|cap| !(1..=CAP_PER_DAY_MAX).contains(&cap)) {
                return Err(SignalConfigError::Cap { index });
            }
            let signal_type = entry.signal_type.clone();
            if by_type.insert(signal_type.clone(), entry).is_some() {
                return Err(SignalConfigError::DuplicateType { signal_type, index });
            }
        }
        Ok(Self(by_type))
    }

    /// The entries, in the order of their types.
    pub fn entries(&self) -> impl Iterator<Item = &SignalConfigEntry> {
        self.0.values()
    }

    /// What a signal of this type is given: none if the type is switched off.
    /// A weight that came with the signal goes before the configuration's, that
    /// before the default.
    #[must_use]
    pub fn terms(
        &self,
        signal_type: &SignalType,
        given: Option<SignalWeight>,
        default: SignalWeight,
    ) -> Option<SignalTerms> {
        let entry = self.0.get(signal_type);
        if entry.is_some_and(|entry| !entry.enabled) {
            return None;
        }
        let weight = given.or(entry.and_then(|entry| entry.weight)).unwrap_or(default);
        let decay = entry
            .map(|entry| Decay { model: entry.decay_model, hours: entry.decay_hours })
            .unwrap_or_default();
        let tier = entry.and_then(|entry| entry.tier);
        let cap = entry.and_then(|entry| entry.cap_per_day);
        Some(SignalTerms {
            weight,
            decay,
            priority: tier.unwrap_or_else(|| Priority::of(signal_type.as_str())),
            cap_per_day: cap.unwrap_or(CAP_PER_DAY_DEFAULT),
        })
    }
}

#[cfg(test)]
#[path = "tests_signal_config.rs"]
mod tests;
