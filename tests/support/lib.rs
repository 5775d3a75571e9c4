//! What the cross-room tests share: flows over the real store, with the queue
//! recorded.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "waits are bounded by the clock; weights are made from hundredths"
)]

pub mod boards;
pub mod contacts;
pub mod counters;
pub mod letters;
pub mod logs;
pub mod night;
pub mod oracle;
pub mod portfolios;
pub mod ports;
pub mod reach;
pub mod recompute;
pub mod say;
pub mod scored;
pub mod shell;
pub mod singles;
pub mod stack;
pub mod tournament;
pub mod transport;
pub mod turn;
pub mod workerd;
pub mod world;
