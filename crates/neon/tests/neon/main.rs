//! The transports against a server that speaks Neon's protocols in front of a real
//! PostgreSQL, which is itself held to Neon's own JavaScript driver.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(clippy::large_futures, reason = "a test has the stack for a connection")]

mod bad_input;
mod driver;
mod faults;
mod flights;
mod http;
mod place;
mod readme;
mod said;
mod sessions;
mod wake;
