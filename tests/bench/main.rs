//! `make bench`: what the job protocol costs, beside two queues on PostgreSQL
//! from npm, in one run on one server.
//!
//! All of them do jobs that do nothing. Ours are claimed and completed through
//! the store's own ports, over row-level security and with nothing left out;
//! the others are driven by their own clients (`peers/`). Their passes take
//! turns, each in a fresh database, and what is printed is the median: the
//! machine may have other work. Fails when ours does fewer jobs a second than
//! the better of the two at the largest batch.

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

mod contender;
mod figures;
mod machine;
mod measure;
mod native;
mod peer;
mod server;
mod sizes;
mod table;
mod verdict;
mod workerd;

use std::process::ExitCode;

use crate::contender::Who;
use crate::figures::Figures;
use crate::server::Server;
use crate::sizes::{BATCHES, passes};

// As many threads as the other contenders' clients can keep busy beside the
// server: one is theirs alone.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let server = Server::start().await;
    table::heading(&server).await;
    let mut figures = Figures::default();
    for pass in 0..passes() {
        for batch in BATCHES {
            for turn in 0..Who::ALL.len() {
                let who = Who::ALL[(pass + turn) % Who::ALL.len()];
                figures.add(who, batch, measure::timed(&server, who, batch, pass).await);
            }
        }
        eprintln!("pass {} of {} done", pass + 1, passes());
    }
    for batch in BATCHES {
        for who in Who::ALL {
            figures.count(who, batch, measure::counted(&server, who, batch).await);
        }
    }
    table::rates(&figures);
    table::others(&figures);
    workerd::measure(&server).await;
    server.stop().await;
    table::ratios(&figures);
    verdict::verdict(&figures)
}
