//! The messages on the queues: a contract. Every shape ever sent is pinned by a
//! golden file in `tests/golden`; what a build sends, the builds before and
//! after it must read.
//!
//! - [`queue`]: the queues and their limits.
//! - [`job`]: the types of job and their data.
//! - [`message`]: the envelope, its encoding and its tolerant decoding.
//! - [`refusal`]: why a body is not a message.
//! - [`state`]: the states of a job's row.

pub mod job;
pub mod message;
pub mod queue;
pub mod refusal;
pub mod state;

pub use job::{Job, JobType};
pub use message::{Decoded, Message, decode, derived_job_id};
pub use queue::Queue;
pub use refusal::Refusal;
pub use state::JobState;

#[cfg(test)]
mod tests;
