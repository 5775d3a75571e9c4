//! The host: its clock, its randomness, and what it is told.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Held, Span, Transition};

/// What only the host knows. Its clock stamps logs and bounds an invocation;
/// what is decided about a job is decided by the database's clock.
pub trait Host: Send + Sync {
    /// The wall clock.
    fn now(&self) -> DateTime<Utc>;
    /// A fresh UUIDv7.
    fn new_id(&self) -> Uuid;
    /// Uniform over all of `u32`; spreads retries, guards nothing.
    fn random(&self) -> u32;
    /// Is over after so long; a few seconds at most.
    fn wait(&self, wait: TimeDelta) -> impl Future<Output = ()> + Send;
    /// Says what happened to a job, in the log and as a metric.
    fn observe(&self, transition: &Transition);
    /// Whether somebody collects spans of traces.
    fn is_traced(&self) -> bool {
        false
    }
    /// Says what happened as a span; of use where somebody collects them.
    fn trace(&self, _span: Span) {}
    /// Called where a flow has just passed a point of no return. Does nothing
    /// but in builds with fault hooks, which die there on purpose.
    fn reached(&self, _checkpoint: Checkpoint<'_>) {}
}

/// A point of no return.
#[derive(Debug, Clone, Copy)]
pub enum Checkpoint<'a> {
    /// These jobs were claimed, and nothing of them is done.
    Claimed(&'a [Held]),
    /// The effect is committed, and nothing is acknowledged.
    Committed,
}
