//! The contract of the store's ports, on the double that the simulator trusts
//! and on PostgreSQL: the same scenarios, and random histories after whose every
//! step both must be equal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(clippy::large_futures, reason = "a test has the stack for a whole batch")]

mod board_tables;
mod boards;
mod counters;
mod dump;
mod histories;
mod laws;
mod memory;
mod portfolio_tables;
mod postgres;
mod scenarios;
mod signal_tables;
mod subject;
mod transport;
