//! The only library that knows the Workers SDK: it implements the ports of
//! `flows` by sockets, queues and bindings, and reads the configuration. Empty
//! on the host.
//!
//! - [`handlers`]: what the queue worker does with a batch, a cron trigger and
//!   the remains of an invocation that died.
//! - [`WorkerPorts`]: the ports, for both workers.
//! - [`assets`]: files that are deployed beside a worker.
//! - [`config`]: variables, secrets and bindings.
//! - [`rehearsals`]: dry runs, which the queue worker does.
//! - [`log`]: structured log lines.
//!
//! Nothing here that does I/O outlives an invocation: the platform forbids a
//! later one to use it. What may live on is `Env` and what is made of text.

#![cfg(target_arch = "wasm32")]

mod answer;
pub mod assets;
mod backlog;
mod batch;
mod chunks;
pub mod config;
mod connect;
#[cfg(feature = "fault-hooks")]
pub mod faults;
pub mod handlers;
mod host;
pub mod log;
mod metrics;
mod objects;
mod otlp;
mod outside;
mod ports;
pub mod rehearsals;
#[cfg(feature = "fault-hooks")]
pub mod relay;
mod traces;
mod transitions;
mod triggers;
mod wakeups;
mod wire;

pub use connect::WorkerDatabase;
pub use host::WorkerHost;
pub use objects::WorkerObjects;
pub use outside::WorkerOutside;
pub use ports::WorkerPorts;
pub use wakeups::WorkerWakeups;
