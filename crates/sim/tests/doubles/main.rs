//! What the doubles do that no suite of all stores asks of them. Beside the library and not
//! in it: its own tests would have the simulator compiled, optimized, once more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod contains;
mod desk;
mod market;
mod provider;
mod queue;
mod store;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Polls to the end; nothing here waits for anything else.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
