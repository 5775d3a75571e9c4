//! Waits until something that the API shows is over.

use std::time::Duration;

use anyhow::bail;
use serde_json::Value;
use tokio::time::{Instant, interval};

use crate::arguments;
use crate::http::{Api, Request, is_passing};

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

// Groups would be named alike: several structs are flattened into one command.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Wait until it is over; what did not end well is a failure then.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Longest wait.
    #[arg(long, default_value = "1h", value_parser = arguments::span)]
    within: Duration,
}

impl Args {
    /// Looks until `is_over`, and tells what `told` makes of each look that
    /// differs from the one before. The last look.
    pub(crate) async fn until(
        &self,
        api: &Api,
        path: &str,
        told: impl Fn(&Value) -> String,
        is_over: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let started = Instant::now();
        let mut looks = interval(LOOK_EVERY);
        let mut before = String::new();
        loop {
            looks.tick().await;
            let seen = match api.call(Request::get(path)).await {
                Ok(seen) => seen,
                // The work goes on whether or not somebody can look at it.
                Err(error) if is_passing(&error) && started.elapsed() < self.within => continue,
                Err(error) => return Err(error),
            };
            let now = told(&seen);
            if now != before {
                eprintln!("{now}");
                before = now;
            }
            if is_over(&seen) {
                return Ok(seen);
            }
            if started.elapsed() >= self.within {
                bail!("not over within {:?}; it goes on", self.within);
            }
        }
    }
}
