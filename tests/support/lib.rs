//! What the cross-room tests share: flows over the real store, with the queue
//! recorded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop")]

pub mod ports;
pub mod world;
