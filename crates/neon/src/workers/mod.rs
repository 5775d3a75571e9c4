//! What the Workers runtime has: timers, `fetch`, and WebSockets that it opens.

mod http;
mod websocket;

use std::pin::Pin;
use std::time::Duration;

use worker::Delay;

pub(crate) use http::post;
pub use websocket::Socket;
pub(crate) use websocket::open;

/// Something that is over after a while.
pub(crate) type Sleep = Pin<Box<Delay>>;

pub(crate) fn sleep(limit: Duration) -> Sleep {
    Box::pin(Delay::from(limit))
}

/// The runtime finds hosts and checks certificates by itself; there is nothing to say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Network(());
