//! `make bench`: what a settlement costs beside the smallest transaction by hand that
//! writes the same rows, what a hundred that come at once cost, and what is shown of a
//! board costs as it grows; each line kept in `docs/benchmarks.md`.
//!
//! Settlements go as messages to the real queue worker in workerd, with connection, claim
//! and completion. The rival settles matches of the same tournament, in turn with ours, in
//! one session that is open already; so does ours where the two are compared.
//!
//! With the names of some only these are measured, and nothing is kept:
//! `cargo bench -p mauntic-tests --bench scoreboard -- ranks`.

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

#[path = "../asked.rs"]
mod asked;
mod backlog;
#[path = "../kept.rs"]
mod kept;
#[path = "../machine.rs"]
mod machine;
mod ranks;
#[path = "../server.rs"]
mod server;
mod settle;
mod stage;

use std::process::ExitCode;
use std::time::Duration;

use crate::asked::Asked;
use crate::kept::Lines;
use crate::server::Server;
use crate::stage::{Size, Stage};

/// What may be measured by name.
const MEASURES: [&str; 4] = ["small", "large", "backlog", "ranks"];

/// Thirty matches of 50,000 guesses through workerd, and ten more for each of the two that
/// are compared.
const SMALL: Size = Size { members: 50_000, through_workerd: 30, compared: 10 };

/// Five matches of a million guesses, and three more for each.
const LARGE: Size = Size { members: 1_000_000, through_workerd: 5, compared: 3 };

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let Some(asked) = Asked::of(&MEASURES) else { return ExitCode::FAILURE };
    let server = Server::start().await;
    let mut lines = Lines::begin("Scoreboards", &server.described().await);
    for (name, size) in [("small", SMALL), ("large", LARGE)] {
        if asked.has(name) {
            let stage = Stage::prepare(&server, name, size.members, size.matches()).await;
            settle::measure(&stage, size, &mut lines).await;
            stage.forget(&server).await;
        }
    }
    if asked.has("backlog") {
        let stage = Stage::prepare(&server, "backlog", backlog::MEMBERS, backlog::MATCHES).await;
        backlog::measure(&stage, &mut lines).await;
        stage.forget(&server).await;
    }
    if asked.has("ranks") {
        ranks::measure(&server, &mut lines).await;
    }
    server.stop().await;
    if !asked.is_whole() {
        return lines.verdict();
    }
    lines.end(
        "The rival is `tests/bench/scoreboard/plain.sql`: one transaction that writes entries of \
         points, board, histogram, ledger and match of the members that score. Both settle \
         matches of one tournament, in turn the first and the second, each after a vacuum and a \
         checkpoint, and at the end the board is recounted. What is shown of boards is timed by \
         the server, under row-level security; statements are planned each time, which costs \
         the same on any board.",
    )
}

/// The time below which that percentage lies, by the nearest rank.
fn percentile(all: &[Duration], percent: usize) -> Duration {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)]
}
