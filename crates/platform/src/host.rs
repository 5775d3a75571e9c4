//! The clock and the ids. The platform's clock stands still between two I/Os,
//! so ids of one moment are told apart, and kept in order, by a counter.

use chrono::{DateTime, Utc};
use mauntic_flows::ports::{Checkpoint, Host};
use uuid::{ContextV7, Timestamp, Uuid};
use worker::{Date, Env};

thread_local! {
    /// Seeded at random in each millisecond, then counting up.
    static COUNTER: ContextV7 = const { ContextV7::new() };
}

/// The isolate's clock and randomness.
#[derive(Debug)]
pub struct WorkerHost {
    #[cfg(feature = "fault-hooks")]
    clock_offset: chrono::TimeDelta,
}

impl WorkerHost {
    /// Production reads nothing; builds with fault hooks read their variables.
    #[must_use]
    pub fn new(env: &Env) -> Self {
        #[cfg(not(feature = "fault-hooks"))]
        let _ = env;
        Self {
            #[cfg(feature = "fault-hooks")]
            clock_offset: crate::faults::clock_offset(env),
        }
    }
}

impl Host for WorkerHost {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        let now = i64::try_from(Date::now().as_millis())
            .ok()
            .and_then(DateTime::from_timestamp_millis)
            .unwrap_or_default();
        #[cfg(feature = "fault-hooks")]
        let now = now + self.clock_offset;
        now
    }

    fn new_id(&self) -> Uuid {
        let now = self.now();
        let secs = u64::try_from(now.timestamp()).unwrap_or_default();
        let nanos = now.timestamp_subsec_nanos();
        COUNTER.with(|counter| Uuid::new_v7(Timestamp::from_unix(counter, secs, nanos)))
    }

    #[cfg(feature = "fault-hooks")]
    fn reached(&self, checkpoint: Checkpoint<'_>) {
        crate::faults::reached(checkpoint);
    }

    #[cfg(not(feature = "fault-hooks"))]
    fn reached(&self, _checkpoint: Checkpoint<'_>) {}
}
