//! `make bench`: what a night of portfolio scoring costs, through workerd with a provider of
//! this machine: in all, a user and a step, in memory and in bytes; each line kept in
//! `docs/benchmarks.md`.
//!
//! With the names of some only these are measured, and nothing is kept; the largest is
//! measured by its name alone (`make soak`), and the one before it, which it is judged by:
//! `cargo bench -p mauntic-tests --bench overnight -- soak`.

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
#![allow(dead_code, reason = "the server's other counts are the other benchmarks'")]

#[path = "../asked.rs"]
mod asked;
#[path = "../kept.rs"]
mod kept;
#[path = "../machine.rs"]
mod machine;
mod night;
#[path = "../server.rs"]
mod server;

use std::process::ExitCode;

use mauntic_tests::portfolios::Portfolios;

use crate::asked::Asked;
use crate::kept::Lines;
use crate::night::Night;
use crate::server::Server;

/// What may be measured by name.
const MEASURES: [&str; 3] = ["small", "large", "soak"];

/// Twenty assets and ten criteria a user, of a thousand symbols (the sizes).
const fn of(users: i32) -> Portfolios {
    Portfolios { users, assets: 20, criteria: 10, symbols: 1_000 }
}

/// A user of the larger night takes at most so many times what one of the smaller takes:
/// growth is linear, and what is done once a night weighs less.
const GROWTH_MAX: f64 = 1.2;

/// Milliseconds that a user may take: the product's document has four hours for a thousand,
/// and a thousandth of that is the bound.
const USER_MS_MAX: f64 = 4.0 * 3_600_000.0 / 1_000.0 / 1_000.0;

/// Most memory of the instance, in bytes.
const MEMORY_MAX: i64 = 64 * 1024 * 1024;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let Some(asked) = Asked::of(&MEASURES) else { return ExitCode::FAILURE };
    let server = Server::start().await;
    let mut lines = Lines::begin("Nights", &server.described().await);
    let mut nights = Vec::new();
    for (name, users) in [("small", 1_000), ("large", 10_000), ("soak", 100_000)] {
        let is_meant = match name {
            "large" => asked.has("large") || asked.has("soak"),
            "soak" => asked.has("soak") && !asked.is_whole(),
            _ => asked.has(name),
        };
        if is_meant {
            let night = night::measure(&server, name, of(users)).await;
            report(&mut lines, &night);
            nights.push(night);
        }
    }
    if let [first, .., last] = nights.as_slice() {
        let ratio = last.user_ms() / first.user_ms();
        lines.line(
            &format!("a user of {} beside one of {}", last.users, first.users),
            &format!("{ratio:.2} ×"),
            &format!("at most {GROWTH_MAX:.1} ×"),
            ratio <= GROWTH_MAX,
        );
    }
    server.stop().await;
    if !asked.is_whole() {
        return lines.verdict();
    }
    lines.end(
        "A night by hand, through the local queue with its consumers as they are deployed, from \
         its row to its end by the database's clock; the local queue hands each chunk over when \
         its second is over, as many at once as consumers may run. Bytes are those of the tables \
         and indexes that one night wrote.",
    )
}

fn report(lines: &mut Lines, night: &Night) {
    let users = night.users;
    lines.line(
        &format!("a night of {users} users with 20 assets and 10 criteria"),
        &format!("{:.1} s, {:.2} ms a user", night.total_ms / 1_000.0, night.user_ms()),
        &format!("at most {USER_MS_MAX:.1} ms a user"),
        night.user_ms() <= USER_MS_MAX && night.scored == i64::from(users),
    );
    let steps: Vec<String> =
        night.steps.iter().map(|(step, took_ms)| format!("{step} {took_ms} ms")).collect();
    lines.line(&format!("its steps, of {users} users"), &steps.join(", "), "told", true);
    let bytes = night.bytes / i64::from(users);
    lines.line(&format!("bytes stored a user, of {users}"), &bytes.to_string(), "told", true);
    lines.line(
        &format!("questions to providers, of {users} users"),
        &format!("{} for rates, {} for prices", night.asked.0, night.asked.1),
        "1, and 1 per 200 symbols",
        night.asked == (1, 5),
    );
    let mib = night.memory_bytes as f64 / 1024.0 / 1024.0;
    lines.line(
        &format!("memory of the instance, of {users} users"),
        &format!("{mib:.0} MiB"),
        "under 64 MiB",
        night.memory_bytes < MEMORY_MAX,
    );
}
