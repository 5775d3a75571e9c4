//! Queues: what waits on them, one more job, what happens on them, and whether
//! they work.

mod enqueue;
mod follow;
mod smoke;
mod tail;

use std::time::Duration;

use mauntic_domain::jobs::Queue;

use crate::arguments;
use crate::http::{Api, Noun, Request};
use crate::output::{Columns, Output};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// What waits, is done and has failed on each queue.
    List,
    /// Enqueue one job: '{"type":"scoring.BatchRecompute"}'.
    Enqueue(enqueue::Args),
    /// Print what happens to the jobs of a queue, until Ctrl-C.
    Tail(tail::Args),
    /// Send a job that does nothing through each queue, and wait until it is done.
    Smoke {
        /// These queues only.
        #[arg(value_parser = arguments::queue)]
        queues: Vec<Queue>,
        /// Longest wait; a message that was lost comes again within two minutes.
        #[arg(long, default_value = "150s", value_parser = arguments::span)]
        within: Duration,
    },
}

const COLUMNS: Columns = &[
    ("QUEUE", "/name"),
    ("PENDING", "/pending"),
    ("PROCESSING", "/processing"),
    ("FAILED", "/failed"),
    ("DEAD", "/deadLetters"),
    ("OLDEST s", "/oldestSeconds"),
    ("BACKLOG", "/backlog/messages"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    // What is wrong with a message shows before anybody is asked for a key.
    match noun.verb {
        Command::List => list(&noun.api.api()?, output).await,
        Command::Enqueue(args) => {
            let message = args.message()?;
            enqueue::run(&noun.api.api()?, &args, message, output).await
        }
        Command::Tail(args) => tail::run(noun.api.api()?, args, output).await,
        Command::Smoke { queues, within } => {
            let queues = if queues.is_empty() { Queue::ALL.to_vec() } else { queues };
            smoke::run(&noun.api.api()?, &queues, within, output).await
        }
    }
}

async fn list(api: &Api, output: Output) -> anyhow::Result<()> {
    let answer = api.call(Request::get("/api/v2/admin/queues")).await?;
    output.list(&answer, "queues", COLUMNS)
}
