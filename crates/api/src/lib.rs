//! Mauntic's HTTP surface: an axum router over the ports of `flows`, the same
//! in workerd, in a host process and in tests.
//!
//! - [`router`] and [`ApiState`]: all that a worker wires.
//! - [`ROUTES`]: every route and who may call it; [`describe`]: its OpenAPI document,
//!   which is deployed beside the worker as text.
//! - `routes`: one file an area, with its bodies.
//! - `auth`, `body`, `fields`, `params`, `cursor`: what a request must bring;
//!   `form`, `query`, `source`, `page`, `idempotency`, `if_match`: the same where
//!   much may be wrong.
//! - `problem`, `code`, `problems`: every refusal (RFC 9457), and which a route has.
//! - `refused`: the audit of what is refused to operators.
//! - `etag`: answers that a client may keep and ask about again.
//! - `beside`: what other parts of a deployment have.
//! - `accept`, `csv`: answers that are tables, for who asks for them.
//! - `observe`: request id, security headers and the log line of each request.

mod accept;
mod access;
mod auth;
mod beside;
mod body;
mod code;
mod code_texts;
mod csv;
mod cursor;
mod etag;
mod faults;
mod fields;
mod form;
mod idempotency;
mod if_match;
mod log;
mod observe;
mod openapi;
mod page;
mod params;
mod pointer;
mod problem;
mod problems;
mod query;
mod refused;
mod retry;
mod routes;
mod source;
mod state;

#[cfg(test)]
mod tests;

pub use access::{Access, ROUTES, RouteRule};
pub use beside::{Assets, Rehearsals, Waiting};
pub use log::{Log, LogLine};
pub use routes::{DOCUMENT, describe, router};
pub use state::{ApiState, Secret};
