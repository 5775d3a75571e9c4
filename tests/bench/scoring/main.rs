//! `make bench`: what scoring costs, each line as a ratio or a rate that passes or
//! fails, printed and kept in `docs/benchmarks.md`.
//!
//! A recompute of every contact through the real queue worker in workerd stands
//! beside one statement of plain SQL that computes and writes the same scores and
//! history in one session, on the same server, in the same run, each in a fresh
//! copy of one database.
//!
//! With the names of some only these are measured, and nothing is kept:
//! `cargo bench -p mauntic-tests --bench scoring -- ingest`.

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
mod ingest;
#[path = "../kept.rs"]
mod kept;
#[path = "../machine.rs"]
mod machine;
mod process;
mod recompute;
mod report;
#[path = "../server.rs"]
mod server;
mod single;
mod stage;
mod told;

use std::process::ExitCode;

use crate::asked::Asked;
use crate::report::Report;
use crate::server::Server;
use crate::stage::Stage;

/// What may be measured by name.
const MEASURES: [&str; 3] = ["recompute", "single", "ingest"];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let Some(asked) = Asked::of(&MEASURES) else { return ExitCode::FAILURE };
    let server = Server::start().await;
    let mut report = Report::begin(&server.described().await);
    let stage = Stage::prepare(&server).await;
    if asked.has("recompute") {
        recompute::measure(&server, &stage, &mut report).await;
    }
    if asked.has("single") {
        single::measure(&server, &stage, &mut report).await;
    }
    if asked.has("ingest") {
        ingest::measure(&server, &stage, &mut report).await;
    }
    stage.forget(&server).await;
    server.stop().await;
    if asked.is_whole() { report.end() } else { report.verdict() }
}
