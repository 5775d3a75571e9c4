//! Runs: progress, the jobs of one, cancelling it, and its dead jobs once more.

use mauntic_domain::jobs::JobState;
use mauntic_domain::runs::RunStatus;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Api, Noun, Request, id_path};
use crate::output::{Columns, Output, cell};
use crate::{jobs, wait};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// How far a run is.
    Show {
        /// The run (executionId).
        id: Uuid,
        #[command(flatten)]
        wait: wait::Args,
    },
    /// The jobs of a run, newest first.
    Jobs {
        /// The run.
        id: Uuid,
        /// In one of these states.
        #[arg(long, value_delimiter = ',', value_parser = jobs::state)]
        state: Vec<JobState>,
        /// Most jobs.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Cancel a run: its waiting jobs are cancelled, the others finish.
    Cancel {
        /// The run.
        id: Uuid,
        /// Why, for the audit.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Queue the dead jobs of a run again.
    Retry {
        /// The run.
        id: Uuid,
        /// Why, for the audit.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        wait: wait::Args,
    },
}

/// Of a run as one is shown.
const FIELDS: Columns = &[
    ("run", "/executionId"),
    ("jobKey", "/jobKey"),
    ("trigger", "/trigger"),
    ("status", "/status"),
    ("outcome", "/outcome"),
    ("organization", "/organizationId"),
    ("jobs", "/jobs/total"),
    ("completed", "/jobs/completed"),
    ("dead", "/jobs/deadLettered"),
    ("cancelled", "/jobs/cancelled"),
    ("scheduledFor", "/scheduledFor"),
    ("started", "/startedAt"),
    ("progressed", "/progressedAt"),
    ("stalled", "/stalledAt"),
    ("cancelledAt", "/cancelledAt"),
    ("finished", "/finishedAt"),
    ("took ms", "/durationMs"),
    ("seconds left", "/estimate/seconds"),
    ("revision", "/revision"),
    ("requestId", "/requestId"),
];

/// Of runs in a list.
pub(crate) const COLUMNS: Columns = &[
    ("RUN", "/executionId"),
    ("TRIGGER", "/trigger"),
    ("STATUS", "/status"),
    ("JOBS", "/jobs/total"),
    ("DONE", "/jobs/completed"),
    ("DEAD", "/jobs/deadLettered"),
    ("SCHEDULED FOR", "/scheduledFor"),
    ("STARTED", "/startedAt"),
    ("FINISHED", "/finishedAt"),
];

const JOBS: Columns = &[
    ("JOB", "/jobId"),
    ("TYPE", "/type"),
    ("STATE", "/state"),
    ("FAILURES", "/failures"),
    ("FINISHED", "/finishedAt"),
    ("LAST ERROR", "/lastError"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    match noun.verb {
        Command::Show { id, wait } if wait.wait => wait_for(&api, id, &wait, output).await,
        Command::Show { id, .. } => {
            let answer = api.call(Request::get(id_path("runs/", id, ""))).await?;
            output.record(&answer, FIELDS)
        }
        Command::Jobs { id, state, limit } => {
            let states = state.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(",");
            let request = Request::get(id_path("runs/", id, "/jobs"))
                .with("state", (!states.is_empty()).then_some(states));
            output.list(&api.list(request, limit).await?, "items", JOBS)
        }
        Command::Cancel { id, reason } => {
            let body = json!({"reason": reason});
            let answer = api.call(Request::post(id_path("runs/", id, "/cancel"), body)).await?;
            output.print(&answer, |answer| {
                format!("{} jobs cancelled", cell(answer.get("cancelled")))
            })
        }
        Command::Retry { id, reason, wait } => {
            let body = json!({"reason": reason});
            let answer = api.call(Request::post(id_path("runs/", id, "/retry"), body)).await?;
            if wait.wait {
                return wait_for(&api, id, &wait, output).await;
            }
            let of = |name| cell(answer.get(name));
            output.print(&answer, |_| {
                let (queued, refused) = (of("queued"), of("refused"));
                format!("{queued} queued, {refused} refused, {} left discarded", of("discarded"))
            })
        }
    }
}

/// Waits for a run, prints it, and fails unless it is completed, and its night, if it is one.
pub(crate) async fn wait_for(
    api: &Api,
    id: Uuid,
    wait: &wait::Args,
    output: Output,
) -> anyhow::Result<()> {
    let status = |run: &Value| cell(run.get("status"));
    let is_over =
        |run: &Value| RunStatus::from_name(&status(run)).is_some_and(|s| s != RunStatus::Running);
    let told = |run: &Value| {
        let count = |name| cell(run.pointer(name));
        let left = match run.pointer("/estimate/seconds") {
            Some(seconds) if !seconds.is_null() => format!(", about {seconds} s left"),
            _ => String::new(),
        };
        let (done, total) = (count("/jobs/completed"), count("/jobs/total"));
        format!("run {id}: {}, {done} of {total} jobs done{left}", status(run))
    };
    let run = wait.until(api, &id_path("runs/", id, ""), told, is_over).await?;
    output.record(&run, FIELDS)?;
    wrong(&run).map_or(Ok(()), |wrong| Err(anyhow::anyhow!("run {id} {wrong}")))
}

/// What is wrong with a run that is over: not all of its jobs are done, or they are and the
/// night that it is went wrong.
fn wrong(run: &Value) -> Option<String> {
    let text = |name| run.get(name).and_then(Value::as_str);
    let completed = Some(RunStatus::Completed.as_str());
    match (text("status"), text("outcome")) {
        (status, outcome) if status == completed && (outcome.is_none() || outcome == completed) => {
            None
        }
        (status, Some(outcome)) if status == completed => {
            Some(format!("is completed, but its night {outcome}: see `mauntic overnight runs`"))
        }
        (status, _) => Some(format!("is {}", status.unwrap_or("in no state"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ended_well_if_its_jobs_did_and_its_night() {
        for (run, is_wrong) in [
            (json!({"status": "completed"}), false),
            (json!({"status": "completed", "outcome": null}), false),
            (json!({"status": "completed", "outcome": "completed"}), false),
            (json!({"status": "completed", "outcome": "partial"}), true),
            (json!({"status": "completed", "outcome": "failed"}), true),
            (json!({"status": "partial", "outcome": "completed"}), true),
            (json!({"status": "cancelled", "outcome": null}), true),
            (json!({}), true),
        ] {
            assert_eq!(wrong(&run).is_some(), is_wrong, "{run}: {:?}", wrong(&run));
        }
    }
}
