//! An organization's whole configuration, and what one says that another does
//! not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::config::Config;
use super::signal_config::SignalConfig;
use crate::gather::gathered;

/// `job_key` of the run that scores an organization's contacts by what it
/// published.
pub const PUBLISH_JOB_KEY: &str = "scoring-config-publish";

/// Weights of factors, and what is said of types of signal; empty means the
/// product's defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigDocument {
    /// Weights.
    pub factors: Config,
    /// Types of signal.
    pub signals: SignalConfig,
}

/// How many entries differ between two lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Only in the later one.
    pub added: usize,
    /// Only in the earlier one.
    pub removed: usize,
    /// In both, and not the same.
    pub changed: usize,
}

/// What a publication changes, for its entry in the audit; the documents
/// themselves are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DocumentChanges {
    /// Of weights.
    pub factors: Changes,
    /// Of types of signal.
    pub signals: Changes,
}

impl ConfigDocument {
    /// What this document changes of the one before.
    #[must_use]
    pub fn changes_from(&self, before: &Self) -> DocumentChanges {
        let factors = |of: &'_ Self| -> BTreeMap<String, _> {
            gathered(of.factors.entries().map(|entry| (entry.factor.to_string(), entry.clone())))
        };
        let signals = |of: &'_ Self| -> BTreeMap<String, _> {
            let entries = of.signals.entries();
            gathered(entries.map(|entry| (entry.signal_type.to_string(), entry.clone())))
        };
        DocumentChanges {
            factors: changes(&factors(before), &factors(self)),
            signals: changes(&signals(before), &signals(self)),
        }
    }
}

fn changes<T: PartialEq>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) -> Changes {
    let kept = || after.iter().filter_map(|(name, new)| before.get(name).map(|old| (old, new)));
    let both = kept().count();
    Changes {
        added: after.len() - both,
        removed: before.len() - both,
        changed: kept().filter(|(old, new)| old != new).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(factors: serde_json::Value, signals: serde_json::Value) -> ConfigDocument {
        ConfigDocument {
            factors: Config::new(serde_json::from_value(factors).unwrap()).unwrap(),
            signals: SignalConfig::new(serde_json::from_value(signals).unwrap()).unwrap(),
        }
    }

    #[test]
    fn changes_are_counted_by_entry() {
        let before = document(
            json!([{"category": "fit", "factor": "a", "weight": 1},
                   {"category": "fit", "factor": "b", "weight": 1},
                   {"category": "fit", "factor": "c", "weight": 1}]),
            json!([{"signalType": "X"}]),
        );
        let after = document(
            json!([{"category": "fit", "factor": "b", "weight": 1},
                   {"category": "intent", "factor": "c", "weight": 1},
                   {"category": "fit", "factor": "d", "weight": 1},
                   {"category": "fit", "factor": "e", "weight": 1}]),
            json!([{"signalType": "X", "decayHours": 24}]),
        );
        let changes = after.changes_from(&before);
        assert_eq!(changes.factors, Changes { added: 2, removed: 1, changed: 1 });
        assert_eq!(changes.signals, Changes { added: 0, removed: 0, changed: 1 });
        assert_eq!(after.changes_from(&after), DocumentChanges::default());
    }
}
