//! An entry in the ledger of a tournament's settlements. Entries are only added, each
//! in a chain as [`crate::audit`] has it.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::result::ResultHash;
use super::totals::Totals;
use crate::audit::{self, Hash};

/// What became of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// It counts, until one that replaces it.
    Applied,
    /// Its result counted already.
    Skipped,
    /// It was rolled back; another attempt has an entry of its own.
    Failed,
}

impl EntryStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Applied, Self::Skipped, Self::Failed];

    /// Name in rows and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// An entry, as the chain hashes it: a change of this form breaks every chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Which match.
    pub match_id: Uuid,
    /// Which version of its result.
    pub result_version: i32,
    /// What became of it.
    pub status: EntryStatus,
    /// The hash of the result, in hexadecimal.
    #[serde(with = "hexadecimal")]
    pub result_hash: ResultHash,
    /// Guesses about the match that count; 0 where none was looked at.
    pub guesses: i64,
    /// Members whose totals it changed.
    pub members: i64,
    /// What it changed, all of them together.
    pub change: Totals,
    /// The entry before it that counted: replaced by one that is applied, kept by one
    /// that is skipped.
    pub previous: Option<i64>,
}

/// A hash in hexadecimal, in lower case.
#[must_use]
pub fn to_hex(hash: &ResultHash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text does not fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// Reads a hash in hexadecimal; none where the text is another.
#[must_use]
pub fn from_hex(text: &str) -> Option<ResultHash> {
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (to_hex(&hash) == text).then_some(hash)
}

mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{ResultHash, from_hex, to_hex};

    pub(super) fn serialize<S: Serializer>(hash: &ResultHash, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&to_hex(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ResultHash, D::Error> {
        let text = String::deserialize(from)?;
        from_hex(&text).ok_or_else(|| D::Error::custom("must be 64 hexadecimal digits"))
    }
}

impl Entry {
    /// As it is hashed.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and no fallible serializer.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The hash of an entry that follows `before` in its tournament's chain.
    #[must_use]
    pub fn hash(&self, before: &Hash, seq: i64, at: DateTime<Utc>) -> Hash {
        audit::hash(before, seq, at, &self.to_json())
    }
}
