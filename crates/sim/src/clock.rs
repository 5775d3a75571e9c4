//! The time, which only a test moves. The database and the host have clocks of
//! their own: either may be wrong, and only the database's decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// When a fresh clock starts: a whole minute, and no hour.
pub const START_SECS: i64 = 1_800_000_060;

const MICROS_PER_SEC: i64 = 1_000_000;

/// A clock that stands still until it is moved; clones are the same clock.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Times>);

#[derive(Debug)]
struct Times {
    now_us: AtomicI64,
    database_ahead_us: AtomicI64,
    host_ahead_us: AtomicI64,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::starting(START_SECS)
    }
}

impl ManualClock {
    /// A clock that starts at this Unix time in seconds.
    #[must_use]
    pub fn starting(secs: i64) -> Self {
        Self(Arc::new(Times {
            now_us: AtomicI64::new(secs.saturating_mul(MICROS_PER_SEC)),
            database_ahead_us: AtomicI64::new(0),
            host_ahead_us: AtomicI64::new(0),
        }))
    }

    /// The true time, by which queues deliver.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        time(self.0.now_us.load(Ordering::Relaxed))
    }

    /// The database's clock, in microseconds as PostgreSQL has it.
    #[must_use]
    pub fn database(&self) -> DateTime<Utc> {
        let ahead = self.0.database_ahead_us.load(Ordering::Relaxed);
        time(self.0.now_us.load(Ordering::Relaxed).saturating_add(ahead))
    }

    /// The host's clock.
    #[must_use]
    pub fn host(&self) -> DateTime<Utc> {
        let ahead = self.0.host_ahead_us.load(Ordering::Relaxed);
        time(self.0.now_us.load(Ordering::Relaxed).saturating_add(ahead))
    }

    /// Time passes, for all of them.
    pub fn advance(&self, by: TimeDelta) {
        self.0.now_us.fetch_add(micros(by), Ordering::Relaxed);
    }

    /// How far the database's clock is ahead of the true time from now on;
    /// less than before lets it run backwards.
    pub fn set_database_ahead(&self, by: TimeDelta) {
        self.0.database_ahead_us.store(micros(by), Ordering::Relaxed);
    }

    /// How far the host's clock is ahead of the true time from now on.
    pub fn set_host_ahead(&self, by: TimeDelta) {
        self.0.host_ahead_us.store(micros(by), Ordering::Relaxed);
    }
}

fn micros(by: TimeDelta) -> i64 {
    // 292,000 years: no test is that long.
    by.num_microseconds().unwrap_or(i64::MAX)
}

fn time(us: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(us).unwrap_or(DateTime::UNIX_EPOCH)
}
