//! Jobs: search, all that is known of one, and cancelling it.

use mauntic_domain::jobs::{JobState, Queue};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Api, Noun, Request, id_path, path};
use crate::output::{Columns, Output, cell, record, table};
use crate::{arguments, wait};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Jobs of a queue, newest first.
    List(Filter),
    /// All that is known of a job.
    Show {
        /// The job.
        id: Uuid,
    },
    /// Cancel a job that waits for its first or next attempt.
    Cancel {
        /// The job.
        id: Uuid,
        /// Why, for the audit.
        #[arg(long)]
        reason: Option<String>,
    },
}

/// All that is named must hold.
#[derive(clap::Args)]
pub(crate) struct Filter {
    /// The queue, by its name in any environment.
    #[arg(value_parser = arguments::queue)]
    queue: Queue,
    /// In one of these states.
    #[arg(long, value_delimiter = ',', value_parser = state)]
    state: Vec<JobState>,
    /// Of this type.
    #[arg(long = "type")]
    type_name: Option<String>,
    /// Of this organization.
    #[arg(long)]
    organization: Option<String>,
    /// With this idempotency key.
    #[arg(long)]
    key: Option<String>,
    /// Of this run.
    #[arg(long)]
    run: Option<Uuid>,
    /// Whose data contains this JSON object.
    #[arg(long, value_parser = arguments::object)]
    payload: Option<Value>,
    /// Most jobs.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Begin where an earlier list ended.
    #[arg(long)]
    cursor: Option<String>,
}

const COLUMNS: Columns = &[
    ("JOB", "/jobId"),
    ("TYPE", "/type"),
    ("STATE", "/state"),
    ("ATTEMPT", "/attempt"),
    ("FAILURES", "/failures"),
    ("ORGANIZATION", "/organizationId"),
    ("CREATED", "/createdAt"),
    ("LAST ERROR", "/lastError"),
];

const FIELDS: Columns = &[
    ("job", "/jobId"),
    ("queue", "/queue"),
    ("type", "/type"),
    ("version", "/version"),
    ("state", "/state"),
    ("organization", "/organizationId"),
    ("run", "/executionId"),
    ("attempts", "/attempt"),
    ("failures", "/failures"),
    ("failuresMax", "/failuresMax"),
    ("replays", "/replays"),
    ("coalesced", "/coalesced"),
    ("key", "/idempotencyKey"),
    ("scheduledFor", "/scheduledFor"),
    ("created", "/createdAt"),
    ("available", "/availableAt"),
    ("expires", "/expiresAt"),
    ("leaseUntil", "/leaseUntil"),
    ("finished", "/finishedAt"),
    ("snoozed", "/snoozeReason"),
    ("lastError", "/lastError"),
    ("requestId", "/requestId"),
    ("data", "/data"),
    ("receipt", "/receipt"),
];

pub(crate) const ERRORS: Columns = &[("ATTEMPT", "/attempt"), ("AT", "/at"), ("ERROR", "/error")];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    match noun.verb {
        Command::List(filter) => {
            let limit = filter.limit;
            let answer = api.list(filter.request(), limit).await?;
            output.list(&answer, "items", COLUMNS)?;
            say_more(&answer);
            Ok(())
        }
        Command::Show { id } => {
            let answer = api.call(Request::get(id_path("jobs/", id, ""))).await?;
            output.print(&answer, shown)
        }
        Command::Cancel { id, reason } => {
            let body = json!({"reason": reason});
            let answer = api.call(Request::post(id_path("jobs/", id, "/cancel"), body)).await?;
            output.record(&answer, FIELDS)
        }
    }
}

impl Filter {
    fn request(self) -> Request {
        let states = self.state.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(",");
        Request::get(path("queues/", self.queue.name(), "/jobs"))
            .with("state", (!states.is_empty()).then_some(states))
            .with("type", self.type_name)
            .with("organizationId", self.organization)
            .with("idempotencyKey", self.key)
            .with("runId", self.run)
            .with("payload", self.payload)
            .with("cursor", self.cursor)
    }
}

/// A job with its failures.
pub(crate) fn shown(job: &Value) -> String {
    let mut shown = record(job, FIELDS);
    let errors = job.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !errors.is_empty() {
        shown = format!("{shown}\nfailures\n{}", table(errors, ERRORS, true));
    }
    shown
}

/// Waits for a job, and fails unless it is completed.
pub(crate) async fn wait_for(api: &Api, id: Uuid, wait: &wait::Args) -> anyhow::Result<()> {
    let state = |job: &Value| cell(job.get("state"));
    let is_over = |job: &Value| JobState::from_name(&state(job)).is_some_and(JobState::is_final);
    let told = |job: &Value| format!("job {id}: {}", state(job));
    let job = wait.until(api, &id_path("jobs/", id, ""), told, is_over).await?;
    if state(&job) != JobState::Completed.as_str() {
        anyhow::bail!("job {id} is {}: {}", state(&job), cell(job.get("lastError")));
    }
    Ok(())
}

/// Says that a list goes on.
pub(crate) fn say_more(answer: &Value) {
    if let Some(next) = answer.get("next").and_then(Value::as_str) {
        eprintln!("there are more: --cursor {next}");
    }
}

/// A state by its name.
pub(crate) fn state(text: &str) -> Result<JobState, String> {
    let known = JobState::ALL.map(JobState::as_str).join(", ");
    JobState::from_name(text).ok_or_else(|| format!("is no state; there are {known}"))
}
