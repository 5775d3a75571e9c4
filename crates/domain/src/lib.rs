//! Mauntic's rules, as pure functions and values.
//!
//! This room knows no SDK, no SQL, no clock, no randomness and no async: what
//! it needs comes in as arguments, what it decides goes out as values. A test
//! (`tests/tidy`) holds its dependency list to that.
//!
//! - [`ids`]: the opaque names of organizations and contacts.
//! - [`points`]: exact fixed-point points.
//! - [`schedules`]: what fires when.
//! - [`scoring`]: the scoring model and its explanation.
//! - [`object`]: objects that are objects.
//! - [`jobs`]: the messages on the queues, a contract with every version sent.

pub mod ids;
pub mod jobs;
pub mod object;
pub mod points;
pub mod schedules;
pub mod scoring;
