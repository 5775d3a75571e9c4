//! The store and the flows against the real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod budget;
mod claim;
mod migrations;
mod producers;
mod scores;
mod tenants;
