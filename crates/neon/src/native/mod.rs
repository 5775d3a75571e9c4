//! What a machine with an operating system has: a clock, sockets, rustls.

mod http;
mod tls;
mod websocket;

use std::pin::Pin;
use std::time::Duration;

pub(crate) use http::post;
pub use tls::Network;
pub use websocket::Socket;
pub(crate) use websocket::open;

/// Something that is over after a while.
pub(crate) type Sleep = Pin<Box<tokio::time::Sleep>>;

pub(crate) fn sleep(limit: Duration) -> Sleep {
    Box::pin(tokio::time::sleep(limit))
}
