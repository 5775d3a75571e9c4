//! Runs the simulator: seeds of random operations and faults, checked.

use std::num::NonZero;

use anyhow::bail;
use mauntic_sim::engine::{Report, Settings, run_seed, run_seeds};
use serde_json::json;

use crate::output::Output;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Run seeds; one that fails prints the command that replays it.
    Run(Args),
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// First seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Operations a seed.
    #[arg(long, default_value_t = 200)]
    ops: usize,
    /// Threads; as many as there are cores unless given.
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Print every operation of the first seed.
    #[arg(long)]
    trace: bool,
}

pub(crate) fn run(command: &Command, output: Output) -> anyhow::Result<()> {
    let Command::Run(args) = command;
    let settings = Settings { ops: args.ops, ..Settings::default() };
    if args.trace {
        let traced = run_seed(args.seed, &Settings { is_traced: true, ..settings });
        for line in traced.trace {
            eprintln!("{line}");
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = args.threads.map_or(cores, NonZero::get);
    let report = run_seeds(args.seed, args.seeds, threads, &settings);
    output.print(&as_json(&report), |_| report.to_string())?;
    if report.failed > 0 {
        bail!("{} of {} seeds failed", report.failed, report.seeds);
    }
    Ok(())
}

fn as_json(report: &Report) -> serde_json::Value {
    let failures = report.failures.iter().map(|(seed, failure)| {
        json!({
            "seed": seed,
            "invariant": failure.invariant,
            "detail": failure.detail,
            "operations": failure.told,
        })
    });
    json!({
        "seeds": report.seeds,
        "ops": report.ops,
        "failed": report.failed,
        "counts": report.counts,
        "failures": failures.collect::<Vec<_>>(),
    })
}
