//! The real components, started by the project itself on this machine: a
//! PostgreSQL server and both workers in workerd. Used by `mauntic dev` and by
//! tests; host only, blocking, and without a dependency on any other room.
//!
//! | file | what |
//! |---|---|
//! | [`postgres`] | one PostgreSQL server, temporary or kept |
//! | [`workers`] | both workers in workerd, with queues, dead letters and R2 |
//! | `process`, `port` | what both need: bounded waits, a child's last lines, free ports |
//!
//! Nothing outlives its owner: each component hangs on a pipe that this
//! process holds, and ends when the pipe closes, however this process died.

mod port;
pub mod postgres;
mod process;
pub mod workers;

use std::path::PathBuf;

/// The repository this crate was built in: the folder that holds
/// `node_modules`, `tools` and `wrangler`.
#[must_use]
pub fn repository_root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .canonicalize()
        .unwrap_or_else(|_| PathBuf::from("."))
}
