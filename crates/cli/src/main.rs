//! `mauntic`: the operator's command.
//!
//! Data goes to standard output, talk to standard error. Exit status: 0 ok,
//! 1 failed, 2 wrong usage.

mod database;
mod dev;
mod keys;
mod seed;
mod sim;
mod simulate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Scheduled and queued scoring work, done right.
#[derive(Parser)]
#[command(name = "mauntic", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: PostgreSQL, both workers, cron.
    Dev(dev::Args),
    /// Bring a database's schema up to date.
    Migrate(database::Args),
    /// Put the demo organization, its configuration and its contacts into a database.
    Seed(database::Args),
    /// Make and revoke keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Run the rules alone: newline-delimited JSON in, out.
    #[command(subcommand)]
    Simulate(simulate::Command),
    /// Run the job protocol in seeded worlds where everything goes wrong.
    #[command(subcommand)]
    Sim(sim::Command),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Simulate(command) => simulate::run(&command),
        Command::Sim(command) => sim::run(&command),
        Command::Dev(args) => block_on(dev::run(args)),
        Command::Migrate(args) => block_on(database::migrate(args)),
        Command::Seed(args) => block_on(seed::run(args)),
        Command::Keys(command) => block_on(keys::run(command)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mauntic: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}
