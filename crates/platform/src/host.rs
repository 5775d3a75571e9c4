//! The clock, the ids and what is told of jobs. The platform's clock stands still
//! between two I/Os, so ids of one moment are told apart, and kept in order, by a
//! counter.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_flows::ports::{Checkpoint, Host, Span, Transition};
use serde_json::json;
use uuid::{ContextV7, Timestamp, Uuid};
use worker::send::IntoSendFuture;
use worker::{Date, Delay, Env};

use crate::log;
use crate::metrics::Metrics;
use crate::traces::Spans;

/// In place of chance where there is none: the middle of what it ranges over.
const NO_CHANCE: u32 = u32::MAX / 2;

thread_local! {
    /// Seeded at random in each millisecond, then counting up.
    static COUNTER: ContextV7 = const { ContextV7::new() };
}

/// The isolate's clock and randomness, and what this invocation told.
#[derive(Debug)]
pub struct WorkerHost {
    metrics: Metrics,
    spans: Spans,
    #[cfg(feature = "fault-hooks")]
    clock_offset: TimeDelta,
}

impl WorkerHost {
    /// One an invocation. Builds with fault hooks read their variables.
    #[must_use]
    pub fn new(env: &Env) -> Self {
        Self {
            metrics: Metrics::new(env.clone()),
            spans: Spans::new(env),
            #[cfg(feature = "fault-hooks")]
            clock_offset: crate::faults::clock_offset(env),
        }
    }

    /// The spans of this invocation, which are then no longer here.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.spans.take()
    }
}

/// The platform's clock.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn wall_clock() -> DateTime<Utc> {
    let millis = i64::try_from(Date::now().as_millis()).ok();
    millis.and_then(DateTime::from_timestamp_millis).unwrap_or_default()
}

impl Host for WorkerHost {
    fn now(&self) -> DateTime<Utc> {
        let now = wall_clock();
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

    fn random(&self) -> u32 {
        getrandom::u32().unwrap_or_else(|error| {
            log::warn("no_randomness", json!({"cause": error.to_string()}));
            NO_CHANCE
        })
    }

    async fn wait(&self, wait: TimeDelta) {
        // Less than none is none.
        Delay::from(wait.to_std().unwrap_or_default()).into_send().await;
    }

    fn observe(&self, transition: &Transition) {
        self.metrics.tell(transition);
    }

    fn is_traced(&self) -> bool {
        self.spans.is_collected()
    }

    fn trace(&self, span: Span) {
        self.spans.keep(span);
    }

    #[cfg(feature = "fault-hooks")]
    fn reached(&self, checkpoint: Checkpoint<'_>) {
        crate::faults::reached(checkpoint);
    }

    #[cfg(not(feature = "fault-hooks"))]
    fn reached(&self, _checkpoint: Checkpoint<'_>) {}
}
