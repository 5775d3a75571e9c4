//! The real workers in workerd against the real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "what must happen within a time is measured by the clock"
)]

mod alerts;
mod bad_input;
mod commands;
mod deploy;
mod document;
mod faults;
mod letters;
mod matches;
mod memory;
mod neighbours;
mod neon;
mod operations;
mod overnight;
mod panics;
mod provider;
mod publication;
mod recompute;
mod roll_ups;
mod settlements;
mod ten_thousand;
mod thousand;
mod traces;
mod warmup;
mod webhook;
