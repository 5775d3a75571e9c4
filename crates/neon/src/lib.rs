//! PostgreSQL over Neon's WebSocket and HTTP, in Workers and natively.
//!
#![doc = include_str!("../README.md")]
//!
//! # Where what is
//!
//! | file | what |
//! |---|---|
//! | `address`, `hosts` | a database's address, and whom its password may be sent to |
//! | `wire`, `exchange` | PostgreSQL's messages through chunks of any size; who owes an answer |
//! | `startup`, `pipelined` | the start-up that takes the password along |
//! | `stream` | PostgreSQL's bytes over a WebSocket |
//! | `connect`, `wake` | connecting, also to a database that is asleep |
//! | [`http`] | statements and batches over HTTP |
//! | `native`, `workers` | sockets, TLS and clocks of either platform |

mod address;
mod connect;
mod error;
mod exchange;
mod hosts;
pub mod http;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod pipelined;
mod sql_error;
mod startup;
mod stream;
mod wake;
mod wire;
#[cfg(target_arch = "wasm32")]
mod workers;

#[cfg(not(target_arch = "wasm32"))]
use native as platform;
#[cfg(target_arch = "wasm32")]
use workers as platform;

pub use address::{Address, AddressError, SERVICE_PORT};
pub use connect::{Connection, Options, Stream, connect, connect_with};
pub use error::{Error, Reason};
pub use exchange::{Exchange, Standing};
pub use hosts::Hosts;
pub use pipelined::Pipelined;
pub use platform::{Network, Socket};
pub use sql_error::SqlError;
pub use startup::{Asked, Startup, StartupError};
pub use stream::{Event, Limits, Transport, WsStream};
pub use wake::{Patience, awake, connect_awake};
pub use wire::{Follow, HEADER_BYTES, STARTUP, WireError};
