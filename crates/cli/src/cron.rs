//! Schedules: what stands where, running one now, pausing, and what an
//! expression means.

mod preview;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Api, Noun, Request, path};
use crate::output::{Columns, Output, cell};
use crate::{arguments, runs, wait};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Every schedule with its last run and its next time.
    List,
    /// Start a run now, whether or not the schedule is paused.
    Run {
        /// The schedule, as the list names it.
        key: String,
        /// Why, for the audit.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        wait: wait::Args,
    },
    /// Pause a schedule: its times are kept as skipped.
    Pause {
        /// The schedule.
        key: String,
        /// What for; whoever finds it paused reads this.
        #[arg(long)]
        note: String,
    },
    /// Resume a schedule.
    Resume {
        /// The schedule.
        key: String,
        /// Why, for the audit.
        #[arg(long)]
        reason: Option<String>,
    },
    /// The runs of a schedule, newest first.
    Runs {
        /// The schedule.
        key: String,
        /// Most runs.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// What became of each time of a schedule, newest first.
    Occurrences {
        /// The schedule.
        key: String,
        /// Most occurrences.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// The next times of an expression, and where Cloudflare reads it otherwise
    /// than others do. Asks nobody.
    Preview {
        /// Five fields, UTC: '0 4 * * MON-FRI'.
        expr: String,
        /// How many times.
        #[arg(long, default_value_t = 20)]
        count: usize,
        /// From then on, instead of now.
        #[arg(long, value_parser = arguments::moment)]
        from: Option<DateTime<Utc>>,
    },
}

const COLUMNS: Columns = &[
    ("SCHEDULE", "/jobKey"),
    ("CRON", "/schedule"),
    ("ENABLED", "/enabled"),
    ("RUNNING", "/running"),
    ("LAST STATUS", "/lastRun/status"),
    ("LAST START", "/lastRun/startedAt"),
    ("NEXT", "/nextRunAt"),
    ("WHY NOT", "/disabledReason"),
    ("NOTE", "/pauseNote"),
];

const STARTED: Columns =
    &[("schedule", "/jobKey"), ("run", "/executionId"), ("queued", "/queuedAt"), ("", "/message")];

const OCCURRENCES: Columns = &[
    ("NOMINAL", "/nominalAt"),
    ("OUTCOME", "/outcome"),
    ("REASON", "/reason"),
    ("RUN", "/executionId"),
    ("JUDGED", "/judgedAt"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    if let Command::Preview { expr, count, from } = noun.verb {
        return preview::run(&expr, count, from, output);
    }
    let api = noun.api.api()?;
    match noun.verb {
        Command::List => list(&api, output).await,
        Command::Run { key, reason, wait } => {
            let body = json!({"reason": reason});
            let answer = api.call(Request::post(path("cron/", &key, "/run"), body)).await?;
            start(&api, &answer, &wait, output).await
        }
        Command::Pause { key, note } => {
            change(&api, &key, json!({"paused": true, "note": note}), output).await
        }
        Command::Resume { key, reason } => {
            change(&api, &key, json!({"paused": false, "reason": reason}), output).await
        }
        Command::Runs { key, limit } => {
            let request = Request::get(path("cron/", &key, "/runs"));
            output.list(&api.list(request, limit).await?, "items", runs::COLUMNS)
        }
        Command::Occurrences { key, limit } => {
            let request = Request::get(path("cron/", &key, "/occurrences"));
            output.list(&api.list(request, limit).await?, "items", OCCURRENCES)
        }
        Command::Preview { .. } => Ok(()),
    }
}

async fn list(api: &Api, output: Output) -> anyhow::Result<()> {
    let answer = api.call(Request::get("/api/v2/admin/cron")).await?;
    if output == Output::Text {
        let of = |name| cell(answer.pointer(name));
        let (status, since) = (of("/scheduler/status"), of("/scheduler/heartbeatAt"));
        eprintln!("scheduler {status}, last beat {since}");
    }
    output.list(&answer, "jobs", COLUMNS)
}

async fn start(api: &Api, answer: &Value, wait: &wait::Args, output: Output) -> anyhow::Result<()> {
    let run = answer.get("executionId").and_then(Value::as_str);
    match run.and_then(|id| id.parse::<Uuid>().ok()) {
        Some(run) if wait.wait => {
            // A paused schedule says here that it runs all the same.
            eprintln!("{}", cell(answer.get("message")));
            runs::wait_for(api, run, wait, output).await
        }
        _ => output.record(answer, STARTED),
    }
}

async fn change(api: &Api, key: &str, body: Value, output: Output) -> anyhow::Result<()> {
    let is_paused = body.get("paused") == Some(&Value::Bool(true));
    let answer = api.call(Request::patch(path("cron/", key, ""), body)).await?;
    let now = if is_paused { "paused" } else { "resumed" };
    output.print(&answer, |_| format!("{key} is {now}"))
}
