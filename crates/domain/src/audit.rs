//! The audit's chain: each entry's hash covers the entry and the hash before
//! it, so that one that was altered, left out or put in shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A link of the chain.
pub type Hash = [u8; 32];

/// What the first entry follows.
pub const GENESIS: Hash = [0; 32];

/// The outcome of what was done; a refusal's is its code.
pub const DONE: &str = "done";

/// Refusals of one holder that the audit takes in an hour: more than a person or
/// a script that looks at its answers has, and 2,400 a day of one that does not.
/// The log has all of them.
pub const REFUSALS_AN_HOUR_MAX: i64 = 100;

/// Entries of an hour beside which the audit takes no refusal, whoever's. So many
/// are looked at for each: under 4 MiB of rows that lie side by side, about a
/// millisecond. Fifty holders at their most reach it.
pub const ENTRIES_AN_HOUR_MAX: i64 = 5_000;

const _: () = assert!(REFUSALS_AN_HOUR_MAX * 50 <= ENTRIES_AN_HOUR_MAX);

/// What an operator did, or was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Who: a key's id, `bootstrap`, or `owner` for who has the database.
    pub actor: String,
    /// What, such as `cron.run`.
    pub action: String,
    /// To what: a key, an id or a name.
    pub target: String,
    /// [`DONE`], or the code of the refusal.
    pub outcome: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// How it was before; null where nothing was, or nothing was done.
    pub before: Value,
    /// How it is now.
    pub after: Value,
    /// Correlation id of the request.
    pub request_id: String,
}

/// A row of the chain, with its entry as it was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Gapless, from 1.
    pub seq: i64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The entry's JSON.
    pub entry: String,
    /// Its hash.
    pub hash: Hash,
}

/// The first place where a chain is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A row is gone or was put in.
    #[error("entry {expected} is missing: entry {found} stands in its place")]
    Gap {
        /// The seq that should have come.
        expected: i64,
        /// The seq that came.
        found: i64,
    },
    /// A row is not what was hashed.
    #[error("entry {seq} was altered")]
    Altered {
        /// Its seq.
        seq: i64,
    },
    /// The rows end elsewhere than the head says.
    #[error("the chain ends at entry {found}, its head says {expected}")]
    End {
        /// The head's seq.
        expected: i64,
        /// The newest row's.
        found: i64,
    },
}

/// The hash of a row that follows `before`.
#[must_use]
pub fn hash(before: &Hash, seq: i64, at: DateTime<Utc>, entry: &str) -> Hash {
    let mut sha = Sha256::new();
    sha.update(before);
    sha.update(seq.to_be_bytes());
    sha.update(at.timestamp_micros().to_be_bytes());
    sha.update(entry.as_bytes());
    sha.finalize().into()
}

/// How far a chain was followed: a page at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// The last row that was right; 0 before the first.
    pub seq: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Default for Walk {
    fn default() -> Self {
        Self { seq: 0, hash: GENESIS }
    }
}

impl Walk {
    /// Follows further rows, in the order of their seqs.
    ///
    /// # Errors
    /// The first that is not what was written.
    pub fn follow(&mut self, links: &[Link]) -> Result<(), Broken> {
        for link in links {
            let expected = self.seq + 1;
            if link.seq != expected {
                return Err(Broken::Gap { expected, found: link.seq });
            }
            if link.hash != hash(&self.hash, link.seq, link.at, &link.entry) {
                return Err(Broken::Altered { seq: link.seq });
            }
            *self = Self { seq: link.seq, hash: link.hash };
        }
        Ok(())
    }

    /// Whether the rows end where the head says.
    ///
    /// # Errors
    /// [`Broken::End`]; [`Broken::Altered`] where they end there otherwise.
    pub fn finish(self, head: Self) -> Result<(), Broken> {
        if self == head {
            return Ok(());
        }
        // Hashed anew from some row on; which one only an older head can tell.
        if self.seq == head.seq {
            return Err(Broken::Altered { seq: head.seq });
        }
        Err(Broken::End { expected: head.seq, found: self.seq })
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
