//! What was granted of a domain's limit on a day of UTC: a value that is replaced
//! whole, by compare-and-swap.
//!
//! Nothing needs to be reset: a counter of an earlier day reads as zero. Day and
//! count, in this order, only grow, so that no state of a counter comes again: a
//! write that arrives late finds another state, and fails.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Most e-mails of one reservation: twice the highest limit of the table.
pub const BLOCK_MAX: u32 = 100_000;

/// Requests' keys that are remembered, the newest ones: at a write a second, which
/// is as fast as a counter can change, all of the last minute's.
pub const KEYS_MAX: usize = 64;

/// How long a key stands for its first grant, as the keys of other requests do: who
/// uses a key again after that asks anew.
pub const KEY_KEPT: TimeDelta = TimeDelta::hours(24);

/// How many e-mails are asked for: 1 to [`BLOCK_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block(u32);

impl Block {
    /// A number of e-mails; none where nobody may ask for so many, or for none.
    #[must_use]
    pub const fn new(emails: u32) -> Option<Self> {
        if emails >= 1 && emails <= BLOCK_MAX { Some(Self(emails)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn emails(self) -> u32 {
        self.0
    }
}

/// What a request was granted under its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    key: String,
    asked: u32,
    granted: u32,
    /// Absent in what the build before writes, whose keys count until newer ones have
    /// taken their places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<DateTime<Utc>>,
}

/// A counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    day: NaiveDate,
    count: u64,
    /// Oldest first.
    #[serde(default)]
    keys: Vec<Kept>,
}

/// What comes of asking for e-mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// So many may be sent, once the counter is stored in place of what it was
    /// made of.
    Granted {
        /// How many: as many as were asked for, or what is left.
        emails: u32,
        /// The counter to be stored.
        counter: Counter,
    },
    /// So many were granted under this key before; nothing is to be stored.
    Repeated {
        /// How many.
        emails: u32,
    },
    /// Nothing is left of the day's limit.
    Exhausted {
        /// When the next day begins.
        retry_at: DateTime<Utc>,
    },
    /// The key stands for another number of e-mails.
    KeyConflict,
}

impl Counter {
    /// The counter of a domain that has none.
    #[must_use]
    pub const fn new(day: NaiveDate) -> Self {
        Self { day, count: 0, keys: Vec::new() }
    }

    /// The day that it has come to.
    #[must_use]
    pub const fn day(&self) -> NaiveDate {
        self.day
    }

    /// What was granted on a day, or on the later one that it has come to.
    #[must_use]
    pub fn count(&self, day: NaiveDate) -> u64 {
        if day > self.day { 0 } else { self.count }
    }

    /// Grants what is left, at most the block; of the day that it is, or of the
    /// later one that the counter has come to: it never goes back. A `key` that it
    /// knows gets its first grant again for [`KEY_KEPT`], whatever the day.
    #[must_use]
    pub fn reserve(
        mut self,
        now: DateTime<Utc>,
        limit: Option<u64>,
        block: Block,
        key: Option<&str>,
    ) -> Reserved {
        let today = now.date_naive();
        let counts = |kept: &Kept| kept.at.is_none_or(|at| now - at < KEY_KEPT);
        let is_it = |kept: &&Kept| Some(kept.key.as_str()) == key && counts(kept);
        let kept = self.keys.iter().find(is_it);
        if let Some(kept) = kept {
            return if kept.asked == block.0 {
                Reserved::Repeated { emails: kept.granted }
            } else {
                Reserved::KeyConflict
            };
        }
        self.count = self.count(today);
        self.day = self.day.max(today);
        let left = limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.count));
        let emails = block.0.min(u32::try_from(left).unwrap_or(u32::MAX));
        if emails == 0 {
            let tomorrow = self.day.checked_add_days(Days::new(1)).unwrap_or(self.day);
            return Reserved::Exhausted { retry_at: tomorrow.and_time(NaiveTime::MIN).and_utc() };
        }
        self.count = self.count.saturating_add(u64::from(emails));
        if let Some(key) = key {
            self.keys.retain(|kept| kept.key != key);
            self.keys.push(Kept {
                key: key.to_owned(),
                asked: block.0,
                granted: emails,
                at: Some(now),
            });
            self.keys.drain(..self.keys.len().saturating_sub(KEYS_MAX));
        }
        Reserved::Granted { emails, counter: self }
    }

    /// The counter of a day that has begun; none where it has come to that day, or
    /// to a later one, by itself.
    #[must_use]
    pub fn reset(self, today: NaiveDate) -> Option<Self> {
        (self.day < today).then_some(Self { day: today, count: 0, ..self })
    }

    /// As it is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and no fallible serializer.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what is stored; none for what no counter wrote.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
