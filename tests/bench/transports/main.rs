//! `make bench`: what each way to the database costs, printed and kept in
//! `docs/benchmarks.md`. With 30 ms a direction, the time to a first row and to the end of a
//! batch of a hundred scores, and a client's flights; without, 5,000 rows read and written.
//! The bounds are the issue's: two flights over a pipelined WebSocket, one over HTTP, and
//! 1.2 × TCP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    reason = "a benchmark may stop, reads the clock, and prints ratios"
)]
#![allow(clippy::large_futures, reason = "there is the stack for a connection")]

#[path = "../kept.rs"]
mod kept;
mod latency;
#[path = "../machine.rs"]
mod machine;
mod throughput;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mauntic_neon_local::Faults;
use mauntic_testkit::database::{Cluster, Role, TestDatabase};
use mauntic_tests::transport::Way;

use crate::kept::Lines;

/// What stands below the lines.
const BELOW: &str = "Every way is through a proxy on this machine, as every database of \
    Neon's is behind one. The delay is that of every byte, TLS and all, but for TCP's own \
    handshake; the proxy lets everybody in by TCP, and asks for a password by Neon's ways. A \
    flight is a client's write behind an answer: those of the upgrade to WebSocket and of \
    TLS do not count, and one whose pieces come apart may count twice. Of rows the \
    best of several rounds and connections counts, in turn with TCP's.";

/// The ways, and what they are called.
const WAYS: [(&str, &str); 4] = [
    ("hyperdrive", "TCP"),
    ("tls", "TCP and TLS"),
    ("neon-ws-unpipelined", "WebSocket"),
    ("neon-ws", "WebSocket, pipelined"),
];

/// Opens a way to a database's server.
async fn open(name: &str, faults: Faults) -> Way {
    let port = Cluster::shared().server().port();
    Way::named(name, SocketAddr::from((Ipv4Addr::LOCALHOST, port)), faults).await
}

async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let started = Instant::now();
    (future.await, started.elapsed())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let database = TestDatabase::create().await;
    let owner = database.connect(Role::Owner).await.expect("the owner connects");
    let row = owner.query_one("show server_version", &[]).await.unwrap();
    let server = format!("PostgreSQL {}, fsync off", row.get::<_, String>(0));
    let mut lines = Lines::begin("Transports", &server);
    latency::measure(&database, &owner, &mut lines).await;
    throughput::measure(&database, &owner, &mut lines).await;
    lines.end(BELOW)
}
