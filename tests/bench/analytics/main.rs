//! `make bench`: what the roll-ups cost beside the one plain statement that makes the
//! same rows, and what a reservation of a warm-up costs, each line as a ratio or a rate,
//! kept in `docs/benchmarks.md`.
//!
//! Ten million events, and as many enrichment jobs, over thirty days of fifty
//! organizations. A job's transaction stands beside a statement in one session that
//! writes the same rows into the emptied table; what it takes as a message to the real
//! queue worker in workerd, with connection, claim and completion, is told as well.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a benchmark may stop, reads the clock, and prints rates"
)]
#![allow(dead_code, reason = "the server's other counts are the other benchmark's")]

#[path = "../kept.rs"]
mod kept;
#[path = "../machine.rs"]
mod machine;
mod reserve;
mod roll_ups;
#[path = "../server.rs"]
mod server;
mod stage;

use std::process::ExitCode;

use crate::kept::Lines;
use crate::server::Server;
use crate::stage::Stage;

/// Days of activity of the larger and the smaller table: as many events a day in both.
const DAYS: [i32; 2] = [30, 3];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let server = Server::start().await;
    let mut lines = Lines::begin("Analytics and warm-up", &server.described().await);
    let stage = Stage::prepare(&server, DAYS[0]).await;
    let hourly = roll_ups::measure(&stage, &mut lines).await;
    reserve::measure(&stage, &mut lines);
    stage.forget(&server).await;
    let small = Stage::prepare(&server, DAYS[1]).await;
    roll_ups::growth(&small, hourly, &mut lines).await;
    small.forget(&server).await;
    server.stop().await;
    lines.end(
        "The rivals are `tests/bench/analytics/plain`; of both the best of three counts, after \
         a checkpoint. Each run ends with equal rows.",
    )
}
