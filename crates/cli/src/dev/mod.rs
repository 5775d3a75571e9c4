//! Everything on this machine: PostgreSQL, both workers in workerd, cron.
//!
//! What runs is what is deployed: the production build of both workers under
//! the deployed configuration files, and a real PostgreSQL. Cron ticks, which
//! the local runtime does not fire, are fired from here, on the minute.

mod cup;
mod demo;
mod neon;
mod providers;
mod screen;
mod secrets;
mod stack;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use mauntic_domain::schedules::{TICK_CRON, TICK_INTERVAL_SECS};
use mauntic_local::workers::{Outcome, Worker};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::clock;
use stack::Stack;

/// Milliseconds from one tick to the next.
const TICK_MS: u64 = TICK_INTERVAL_SECS as u64 * 1_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Score the demo contacts, check every score, and exit.
    #[arg(long)]
    demo: bool,
    /// First port to try for the HTTP worker.
    #[arg(long, env = "PORT", default_value_t = 8787)]
    port: u16,
    /// Another PostgreSQL 18 of this machine than the embedded one, by the
    /// address of an owner. Its workers' roles get new passwords.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// How the workers reach the database: `neon-ws` puts a stand-in of Neon's proxy
    /// before it.
    #[arg(long, env = "TRANSPORT", value_enum, default_value_t)]
    transport: Transport,
    /// Where the embedded PostgreSQL and the secrets are kept.
    #[arg(long, default_value = ".local")]
    folder: PathBuf,
}

/// A way to the database, by the name that `DATABASE_TRANSPORT` has for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Transport {
    /// A socket.
    #[default]
    Tcp,
    /// Neon's WebSocket.
    NeonWs,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let stack = Stack::start(&args).await?;
    // Ticks fire and Ctrl-C is heard while the demo contacts are scored, too.
    let outcome = tokio::select! {
        outcome = work(&args, &stack) => outcome,
        outcome = fire_ticks(&stack) => outcome,
        outcome = asked_to_stop() => outcome,
    };
    if !args.demo {
        eprintln!("stopping");
    }
    // What went wrong first is what is told.
    let stopped = stack.stop(args.demo).await;
    outcome.and(stopped)
}

/// The demo ends by itself; otherwise there is nothing more to do than to run.
async fn work(args: &Args, stack: &Stack) -> anyhow::Result<()> {
    if !args.demo {
        println!("{}", screen::render(stack));
    }
    if args.demo || stack.first_start {
        let scored = demo::score_and_check(stack).await?;
        println!("{scored} contacts scored, every score equal to the rules'");
    }
    if args.demo { Ok(()) } else { std::future::pending().await }
}

/// Fires the tick at once and then at every full minute, as Cloudflare does.
async fn fire_ticks(stack: &Stack) -> anyhow::Result<()> {
    let mut nominal_ms = unix_ms()? / TICK_MS * TICK_MS;
    loop {
        let (fired, time_ms) = (Arc::clone(&stack.workers), i64::try_from(nominal_ms)?);
        let fire = move || fired.scheduled(Worker::Queue, TICK_CRON, time_ms);
        // A tick that fails is the next one's to make good.
        match tokio::task::spawn_blocking(fire).await? {
            Ok(Outcome::Ok) => {}
            Ok(Outcome::Failed(how)) => eprintln!("the tick failed: {how}"),
            Err(error) => eprintln!("the tick failed: {error}"),
        }
        let now_ms = unix_ms()?;
        nominal_ms = (now_ms / TICK_MS + 1) * TICK_MS;
        sleep_until(Instant::now() + Duration::from_millis(nominal_ms - now_ms)).await;
    }
}

async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome.context("listening for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}

fn unix_ms() -> anyhow::Result<u64> {
    Ok(u64::try_from(clock::now()?.timestamp_millis())?)
}
