//! `mauntic`: the operator's command.
//!
//! Data goes to standard output, talk to standard error. Exit status: 0 ok,
//! 1 failed, 2 wrong usage (then nothing was sent or done).

mod analytics;
mod arguments;
mod audit;
mod breakers;
mod clock;
mod cron;
mod database;
mod dev;
mod dlq;
mod doctor;
mod failure;
mod http;
mod jobs;
mod keys;
mod ledger;
mod output;
mod overnight;
mod queues;
mod random;
mod receipts;
mod replays;
mod runs;
mod scoreboards;
mod seed;
mod sim;
mod simulate;
mod wait;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use http::Noun;
use output::Output;

/// Scheduled and queued scoring work, done right.
#[derive(Parser)]
#[command(name = "mauntic", version, about, propagate_version = true)]
struct Cli {
    /// How data is printed.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    output: Output,
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
    /// What waits, one more job, what happens, and whether it works.
    Queues(Noun<queues::Command>),
    /// Schedules: what stands where, running one now, pausing, previews.
    Cron(Noun<cron::Command>),
    /// Runs: progress, cancelling, dead jobs once more.
    Runs(Noun<runs::Command>),
    /// Jobs: search, details, cancelling.
    Jobs(Noun<jobs::Command>),
    /// Dead letters: groups, details, replays, discarding.
    Dlq(Noun<dlq::Command>),
    /// Replays of many dead letters that are under way.
    Replays(Noun<replays::Command>),
    /// Breakers of the services outside.
    Breakers(Noun<breakers::Command>),
    /// What operators did, and whether the record of it was altered.
    Audit(Noun<audit::Command>),
    /// Settlements of a tournament: whether they and its board were altered.
    Ledger(Noun<ledger::Command>),
    /// Boards of tournaments: what checks have found, making them anew, closing a season.
    Scoreboards(Noun<scoreboards::Command>),
    /// Nights of portfolio scoring: how they went, and whether they come out the same again.
    Overnight(Noun<overnight::Command>),
    /// What is counted of activity, once more.
    Analytics(Noun<analytics::Command>),
    /// The proof that every delivery was counted.
    #[command(subcommand)]
    Receipts(receipts::Command),
    /// Look at everything that must hold for jobs to be done.
    Doctor(doctor::Args),
    /// Run the rules alone: newline-delimited JSON in, out.
    #[command(subcommand)]
    Simulate(simulate::Command),
    /// Run the job protocol in seeded worlds where everything goes wrong.
    #[command(subcommand)]
    Sim(sim::Command),
}

fn main() -> ExitCode {
    let Cli { output, command } = Cli::parse();
    failure::exit_code(&match command {
        Command::Simulate(command) => simulate::run(&command),
        Command::Sim(command) => sim::run(&command, output),
        Command::Dev(args) => block_on(dev::run(args)),
        Command::Migrate(args) => block_on(database::migrate(args, output)),
        Command::Seed(args) => block_on(seed::run(args, output)),
        Command::Keys(command) => block_on(keys::run(command, output)),
        Command::Queues(noun) => block_on(queues::run(noun, output)),
        Command::Cron(noun) => block_on(cron::run(noun, output)),
        Command::Runs(noun) => block_on(runs::run(noun, output)),
        Command::Jobs(noun) => block_on(jobs::run(noun, output)),
        Command::Dlq(noun) => block_on(dlq::run(noun, output)),
        Command::Replays(noun) => block_on(replays::run(noun, output)),
        Command::Breakers(noun) => block_on(breakers::run(noun, output)),
        Command::Audit(noun) => block_on(audit::run(noun, output)),
        Command::Ledger(noun) => block_on(ledger::run(noun, output)),
        Command::Scoreboards(noun) => block_on(scoreboards::run(noun, output)),
        Command::Overnight(noun) => block_on(overnight::run(noun, output)),
        Command::Analytics(noun) => block_on(analytics::run(noun, output)),
        Command::Receipts(command) => block_on(receipts::run(command, output)),
        Command::Doctor(args) => block_on(doctor::run(args, output)),
    })
}

fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    // A request that nobody waits for any more holds nothing up.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_verb_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_address_and_the_output_may_stand_behind_the_verb() {
        for line in [
            "mauntic queues list --url http://localhost:1 --output json",
            "mauntic --output json queues --url http://localhost:1 list",
        ] {
            let parsed = Cli::try_parse_from(line.split_whitespace());
            assert!(parsed.is_ok_and(|cli| cli.output == Output::Json), "{line}");
        }
    }
}
