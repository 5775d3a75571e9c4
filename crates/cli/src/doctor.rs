//! `doctor`: everything that must hold for jobs to be done, each as a check of
//! its own, so that one that fails hides no other. It is also the gate of a
//! deployment (`--pre-deploy`) and of a day (`--since`).

mod bindings;
mod caching;
mod check;
mod console;
mod contents;
mod database;
mod deployment;
mod providers;
mod roles;
mod since;
mod transport;
mod variables;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use mauntic_domain::jobs::Queue;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::arguments;
use crate::http::Api;
use crate::output::{Output, plain};

use check::{Check, Verdict};

/// Which worker is deployed next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Worker {
    /// The queue worker, first: the schema must be this build's.
    Queue,
    /// The HTTP worker, second: this build's queue worker must be live.
    Http,
}

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: crate::database::Args,
    /// Address of the HTTP worker; without it health, caching and its clock are
    /// not looked at.
    #[arg(long, env = "MAUNTIC_URL")]
    url: Option<String>,
    /// Fail unless this worker of this build may be deployed now.
    #[arg(long, value_enum)]
    pre_deploy: Option<Worker>,
    /// Fail if an occurrence of this time was missed, a dead letter is undecided,
    /// or 1% of the claims or more failed.
    #[arg(long, value_parser = arguments::span)]
    since: Option<Duration>,
    /// The environment whose bindings are looked at.
    #[arg(long, default_value = "production")]
    env: String,
    /// Where `queue.toml` and `http.toml` are.
    #[arg(long, default_value = "wrangler")]
    wrangler: PathBuf,
}

pub(crate) async fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let api = match args.url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => Some(Api::new(url, None)?),
        None => None,
    };
    let mut checks = Vec::new();
    match args.database.client().await {
        Ok(client) => {
            checks.push(Check::ok("database", "reachable"));
            checks.extend(look(&client, &args).await);
            match &api {
                Some(api) => checks.push(caching::check(&client, api).await),
                None => eprintln!("without --url health, caching and its clock are not looked at"),
            }
        }
        Err(error) => {
            let advice = "without it nothing of it was looked at: see DATABASE_URL and the server";
            checks.push(Check::fail("database", format!("{error:#}"), advice));
        }
    }
    if let Some(api) = &api {
        checks.extend(deployment::checks(api, args.pre_deploy).await);
    }
    checks.push(bindings::check(&args.wrangler, &args.env, &Queue::ALL));
    checks.push(transport::check(&args.wrangler, &args.env));
    checks.push(variables::check(&args.wrangler, &args.env));
    checks.push(providers::check(&args.wrangler, &args.env));
    print(&checks, output)?;
    let failed = checks.iter().filter(|check| check.verdict == Verdict::Fail).count();
    if failed > 0 {
        bail!("{failed} of {} checks failed", checks.len());
    }
    Ok(())
}

/// What the database tells.
async fn look(client: &Client, args: &Args) -> Vec<Check> {
    let mut checks = vec![
        database::schema(client, args.pre_deploy.is_some()).await,
        database::clock(client).await,
        roles::time_outs(client).await,
        roles::memberships(client).await,
        contents::jobs(client).await,
    ];
    let (readable, open) = contents::cases(client).await;
    checks.push(readable);
    checks.push(work::heartbeats(client, args.pre_deploy).await);
    checks.push(work::breakers(client).await);
    checks.extend(since::checks(client, args.since, open).await);
    checks
}

fn print(checks: &[Check], output: Output) -> anyhow::Result<()> {
    let worst = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok);
    let listed = checks.iter().map(|check| {
        let Check { name, verdict, found, advice } = check;
        json!({"name": name, "status": verdict.name(), "found": found, "advice": advice})
    });
    let report = json!({"status": worst.name(), "checks": listed.collect::<Vec<Value>>()});
    output.print(&report, |_| checks.iter().map(line).collect())
}

fn line(check: &Check) -> String {
    let Check { name, verdict, found, advice } = check;
    let advice = advice.as_ref().map(|advice| format!("      {:<16}→ {}\n", "", plain(advice)));
    let advice = advice.unwrap_or_default();
    format!("{:<5} {name:<16}{}\n{advice}", verdict.name(), plain(found))
}
