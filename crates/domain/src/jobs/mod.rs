//! The messages on the queues: a contract. Every shape ever sent is pinned by a
//! golden file in `tests/golden`; what a build sends, the builds before and
//! after it must read.
//!
//! - [`queue`]: the queues and their limits.
//! - [`types`]: the types of job, one row each.
//! - [`data`], [`job`]: the data of each type, and a checked job.
//! - [`events`]: domain events as they leave.
//! - [`limits`]: bounds that more than one room must agree on.
//! - [`retry`]: when a job is tried again.
//! - [`message`]: the envelope, its encoding and its tolerant decoding.
//! - [`refusal`]: why a body is not a message.
//! - [`state`]: the states of a job's row.

pub mod data;
pub mod events;
pub mod job;
pub mod limits;
pub mod message;
pub mod queue;
pub mod refusal;
pub mod retry;
pub mod state;
pub mod types;
mod upcast;

pub use job::Job;
pub use message::{Decoded, Message, decode, decode_data, derived_id, derived_job_id};
pub use queue::Queue;
pub use refusal::Refusal;
pub use state::JobState;
pub use types::JobType;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_any;
#[cfg(test)]
mod tests_data;
#[cfg(test)]
mod tests_names;
#[cfg(test)]
mod tests_retry;
#[cfg(test)]
mod tests_types;
