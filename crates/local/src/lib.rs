//! The real components, started by the project itself on this machine: a
//! PostgreSQL server, both workers in workerd, and what is outside elsewhere. Used by
//! `mauntic dev` and by tests; host only, blocking, and without a dependency on any other room.
//!
//! | file | what |
//! |---|---|
//! | [`postgres`] | one PostgreSQL server, temporary or kept |
//! | [`workers`] | both workers in workerd, with queues, dead letters and R2 |
//! | [`web`] | a web server for what is a service outside elsewhere |
//! | `process`, `port` | what both need: bounded waits, a child's last lines, free ports |
//!
//! Nothing outlives its owner: each component hangs on a pipe that this
//! process holds, and ends when the pipe closes, however this process died.

mod port;
pub mod postgres;
mod process;
pub mod web;
pub mod workers;

use std::path::PathBuf;

/// A file that no other folder than the repository's root has.
const LANDMARK: &str = "wrangler/queue.toml";

/// The repository: the folder that holds `node_modules`, `tools` and
/// `wrangler`. The one this crate was built in or, if that is gone (it was moved
/// or reached through a link), the one around the current folder.
#[must_use]
pub fn repository_root() -> PathBuf {
    let built_in = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).canonicalize();
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let around = here.iter().flat_map(|here| here.ancestors()).map(PathBuf::from);
    let mut candidates = built_in.into_iter().chain(around);
    candidates.find(|root| root.join(LANDMARK).exists()).unwrap_or_else(|| PathBuf::from("."))
}
