//! Neon's proxy, as a client sees it, in front of a local PostgreSQL: WebSocket and
//! HTTP on one port, behind TLS with a certificate of its own. For tests and local work.
//! What it does is held to Neon's own JavaScript driver.
//!
//! | file | what |
//! |---|---|
//! | [`Server`] | listens, and tells the two protocols apart |
//! | [`Front`] | PostgreSQL behind TLS, or bare, as it is reached over TCP |
//! | [`Authority`] | makes certificates that are good, expired, or somebody else's |
//! | [`Faults`] | what goes wrong: delays, cuts, other frames, a sleeping database |
//! | [`Counts`] | connections, requests, frames and flights |
//! | `websocket`, `sql`, `request`, `postgres` | the protocols |
//!
//! It knows nothing of our client: what both got wrong alike would show nowhere.

mod authority;
mod counts;
mod delay;
mod faults;
mod front;
mod postgres;
mod request;
mod server;
mod sql;
mod websocket;
mod wire;

pub use authority::{Authority, CertificateError, Validity};
pub use counts::Counts;
pub use faults::{End, Ending, Faults};
pub use front::Front;
pub use server::{Asks, Options, Server, ServerError};
