//! An entry in the ledger of a tournament's settlements. Entries are only added, each
//! in a chain as [`crate::audit`] has it.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Which match.
    pub match_id: Uuid,
    /// Which version of its result.
    pub result_version: i32,
    /// What became of it.
    pub status: EntryStatus,
    /// The hash of the result, in hexadecimal.
    #[serde(serialize_with = "hexadecimal")]
    pub result_hash: ResultHash,
    /// Guesses about the match.
    pub guesses: i64,
    /// Members whose totals it changed.
    pub members: i64,
    /// What it changed, all of them together.
    pub change: Totals,
    /// The entry before it that counted: replaced by one that is applied, kept by one
    /// that is skipped.
    pub previous: Option<i64>,
}

fn hexadecimal<S: Serializer>(hash: &ResultHash, to: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    for byte in hash {
        write!(text, "{byte:02x}").map_err(serde::ser::Error::custom)?;
    }
    to.serialize_str(&text)
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
