//! Mauntic's Postgres store: the only room with SQL.
//!
//! One statement a file in `sql/`; each is sent typed, so that it takes one
//! round trip and leaves no named statement behind (safe behind a transaction
//! pooler). `tokio_postgres::Client` is the same type on the host and in
//! workerd, so that only who connects differs: [`connect`] on the host, the
//! platform crate in a worker.
//!
//! Statements of one flight are pipelined: all futures are polled before any
//! answer is awaited, in the order they are named.

#[macro_use]
mod sql;

mod acts;
pub mod address;
mod advance;
mod alerts;
mod answers;
mod audit;
mod awards;
mod boards;
mod bury;
mod calculations;
mod case_acts;
mod case_views;
mod claim;
mod config;
mod config_acts;
mod domains;
mod effect;
mod enqueue;
mod error;
mod event_columns;
mod explain;
mod flight;
mod guards;
mod handed;
mod inputs;
mod inserts;
mod intake;
mod jobs;
mod keys;
mod ledgers;
mod night_writes;
mod nights;
mod operator;
mod portfolios;
mod rehearse;
mod relay;
mod replay;
mod replays;
mod reports;
mod roll_ups;
mod rows;
mod run_acts;
mod runs;
mod schedules;
mod scores;
mod session;
mod settle;
mod settled_views;
mod settlements;
mod signals;
mod slice;
mod sweeps;
mod tenant;
mod tournament_acts;
mod tournament_results;
mod tournament_told;
mod tournaments;
pub mod transport;
mod upkeep;
mod verifications;
mod views;
mod writes;

#[cfg(not(target_arch = "wasm32"))]
pub mod admin;
#[cfg(not(target_arch = "wasm32"))]
pub mod admin_boards;
#[cfg(not(target_arch = "wasm32"))]
pub mod admin_portfolios;
#[cfg(not(target_arch = "wasm32"))]
pub mod connect;
#[cfg(not(target_arch = "wasm32"))]
pub mod doctor;
#[cfg(not(target_arch = "wasm32"))]
pub mod migrate;
#[cfg(not(target_arch = "wasm32"))]
pub mod receipts;

use std::ops::RangeInclusive;

pub use error::connect_error;
pub use session::{Session, Timeout, Timer};

/// The schema versions this build runs on; out of them, it claims nothing. Its
/// own and the next one: a migration only expands, so that the build before it
/// goes on until the new one is deployed.
pub const SCHEMA: RangeInclusive<i32> = 17..=18;
