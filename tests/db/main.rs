//! The store and the flows against the real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(clippy::disallowed_methods, reason = "what a clock says is part of an effect")]
#![allow(clippy::large_futures, reason = "a test has the stack for a whole batch")]

mod analytics;
mod budget;
mod claim;
mod configs;
mod contention;
mod duties;
mod events;
mod ledger;
mod migrations;
mod nights;
mod operations;
mod plans;
mod portfolio;
mod producers;
mod protocol;
mod rehearsal;
mod roles;
mod scoreboard;
mod scores;
mod silence;
mod tenants;
mod unguarded;

/// Messages of a full batch: enough for whatever a test claims at once.
const BATCH_MAX: i32 = 100;
