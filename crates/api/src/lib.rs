//! Mauntic's HTTP surface: an axum router over the ports of `flows`, the same
//! in workerd, in a host process and in tests.
//!
//! - [`router`] and [`ApiState`]: all that a worker wires.
//! - [`ROUTES`]: every route and who may call it.
//! - `routes`: one file an area, with its bodies.
//! - `auth`, `body`, `fields`, `params`, `cursor`: what a request must bring.
//! - `problem`, `code`: every refusal (RFC 9457).
//! - `observe`: request id, security headers and the log line of each request.

mod access;
mod auth;
mod body;
mod code;
mod cursor;
mod faults;
mod fields;
mod log;
mod observe;
mod openapi;
mod params;
mod pointer;
mod problem;
mod routes;
mod state;

#[cfg(test)]
mod tests;

pub use access::{Access, ROUTES, RouteRule};
pub use log::{Log, LogLine};
pub use routes::router;
pub use state::{ApiState, Secret};
