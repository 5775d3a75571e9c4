//! A night: the scoring of all portfolios by one set of rates and prices, step by step.
//!
//! - [`messages`]: the data of its jobs.
//! - [`ending`]: how it ended.
//! - [`snapshot`]: where a user's newest scores are read fast.

pub mod ending;
pub mod messages;
pub mod snapshot;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::jobs::limits::SPAWNED_MAX;

/// Users of a chunk, which is one job and one transaction. With 100 assets and the largest
/// criteria a user's events are some 320 kB, which is 16 MB for 50, and as much again as it
/// is sent, of the 64 MiB that an isolate may take. With 20 assets and ten criteria they are
/// 9 kB a user.
pub const CHUNK_USERS: u32 = 50;

/// Most chunks of a night: they are enqueued by one effect, with the one job that ends the
/// night.
pub const CHUNKS_MAX: u32 = SPAWNED_MAX - 1;

/// Most users of a night. To list 100,000 with 20 assets each takes 4 s of the 50 that a
/// statement may take, and grows with them.
pub const NIGHT_USERS_MAX: u32 = CHUNK_USERS * CHUNKS_MAX;

/// Most chunks that are done at once: the queue's consumers (`max_concurrency`), each a job
/// at a time.
pub const CHUNKS_AT_ONCE_MAX: i32 = 8;

/// Symbols that the provider of prices is asked about at once: their addresses have at
/// most 33 characters each, 6,600 of the 8,000 that servers take in one.
pub const SYMBOLS_ASKED_MAX: u32 = 200;

/// How long past scores are kept: a quarter. Of 10,000 users with 20 assets each a night is
/// some 40 MB, which is 3.7 GB then.
pub const HISTORY_KEPT: TimeDelta = TimeDelta::days(92);

/// Why the job that ends a night waits: chunks are neither done nor dead. Whoever puts it
/// off for that looks once more.
pub const CHUNKS_OPEN: &str = "chunks_open";

/// Most nights that one tick ends because their runs are over; one is lost a night at most.
pub const LOST_MAX: u32 = 100;

const _: () = assert!(SYMBOLS_ASKED_MAX * 33 < 8_000);
const _: () = assert!(NIGHT_USERS_MAX == 499_950);

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$of:meta])* $variant:ident => $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type {
            $($(#[$of])* $variant,)*
        }

        impl $type {
            /// Each of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in messages and rows.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// By its name; none where there is no such.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// What a night does before it scores; each is done once, which its checkpoint says.
    Step {
        /// The night's row, and the event that tells of it.
        SetUp => "set_up",
        /// The rates that all of it is scored by.
        ExchangeRates => "exchange_rates",
        /// Whom it scores, in chunks, and the symbols that they have.
        Users => "users",
        /// Prices and fundamentals of these symbols.
        Prices => "prices",
    }
}

names! {
    /// Where a night stands.
    NightStatus {
        /// It goes on.
        Started => "started",
        /// Everybody was scored who could be.
        Completed => "completed",
        /// Somebody failed.
        Partial => "partial",
        /// Nobody was scored.
        Failed => "failed",
    }
}

names! {
    /// Why a night has ended that did not end itself: its run was over. If its jobs are
    /// done after all, it goes on.
    Lost {
        /// A job of it is a dead letter, so that nothing follows.
        JobDied => "job_died",
        /// Its run was cancelled.
        RunCancelled => "run_cancelled",
        /// All of its jobs are final, and none has ended it.
        RunOver => "run_over",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for step in Step::ALL {
            assert_eq!(Step::parse(step.name()), Some(*step));
            assert_eq!(serde_json::to_value(step).unwrap(), step.name());
        }
        for status in NightStatus::ALL {
            assert_eq!(NightStatus::parse(status.name()), Some(*status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
        for lost in Lost::ALL {
            assert_eq!(Lost::parse(lost.name()), Some(*lost));
        }
        assert_eq!((Step::parse("users "), NightStatus::parse("done")), (None, None));
    }
}
