//! Mauntic's rules, as pure functions and values.
//!
//! This room knows no SDK, no SQL, no clock, no randomness and no async: what
//! it needs comes in as arguments, what it decides goes out as values. A test
//! (`tests/tidy`) holds its dependency list to that.
//!
//! - [`breaker`]: when an outside service is asked, and when it is left alone.
//! - [`ids`]: the opaque names of organizations and contacts.
//! - [`points`]: exact fixed-point points.
//! - [`schedules`]: what fires when.
//! - [`scoring`]: the scoring model and its explanation.
//! - [`object`]: objects that are objects.
//! - [`notifications`]: once a window, and never lost.
//! - [`runs`]: when a run is final.
//! - [`jobs`]: the messages on the queues, a contract with every version sent.

pub mod breaker;
pub mod ids;
pub mod jobs;
pub mod notifications;
pub mod object;
pub mod points;
pub mod runs;
pub mod schedules;
pub mod scoring;
