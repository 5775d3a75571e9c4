//! The protocol in seeded worlds where everything goes wrong: real flows over
//! doubles. A seed that fails prints the command that replays it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod duties;
mod outage;
mod schedules;
mod seeds;
mod twins;
