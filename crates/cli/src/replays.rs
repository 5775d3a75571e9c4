//! Replays of many dead letters that are under way.

use mauntic_domain::replays::Status;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Api, Noun, Request, id_path};
use crate::output::{Columns, Output, cell};
use crate::wait;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// How far a replay is.
    Show {
        /// The replay, as `dlq replay` named it.
        id: Uuid,
        #[command(flatten)]
        wait: wait::Args,
    },
    /// End a replay; what it released goes on.
    Cancel {
        /// The replay.
        id: Uuid,
        /// Why, for the audit.
        #[arg(long)]
        reason: Option<String>,
    },
}

pub(crate) const FIELDS: Columns = &[
    ("replay", "/replayId"),
    ("status", "/status"),
    ("filter", "/filter"),
    ("limit", "/limit"),
    ("canary", "/canary"),
    ("perSecond", "/perSecond"),
    ("replayed", "/replayed"),
    ("refused", "/refused"),
    ("completed", "/completed"),
    ("deadAgain", "/deadAgain"),
    ("unfinished", "/unfinished"),
    ("stoppedBy", "/stoppedBy"),
    ("actor", "/actor"),
    ("reason", "/reason"),
    ("created", "/createdAt"),
    ("pacedUntil", "/pacedUntil"),
    ("finished", "/finishedAt"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    match noun.verb {
        Command::Show { id, wait } if wait.wait => wait_for(&api, id, &wait, output).await,
        Command::Show { id, .. } => {
            let answer = api.call(Request::get(id_path("dlq/replays/", id, ""))).await?;
            output.record(&answer, FIELDS)
        }
        Command::Cancel { id, reason } => {
            let path = id_path("dlq/replays/", id, "/cancel");
            let answer = api.call(Request::post(path, json!({"reason": reason}))).await?;
            output.print(&answer, |_| format!("replay {id} releases nothing more"))
        }
    }
}

/// Waits until nothing follows and all that was released is over; a replay that
/// was stopped, or whose jobs died again, is a failure.
pub(crate) async fn wait_for(
    api: &Api,
    id: Uuid,
    wait: &wait::Args,
    output: Output,
) -> anyhow::Result<()> {
    let of = |replay: &Value, name| cell(replay.get(name));
    let told = |replay: &Value| {
        let of = |name| of(replay, name);
        let (status, replayed, refused) = (of("status"), of("replayed"), of("refused"));
        let (completed, dead) = (of("completed"), of("deadAgain"));
        format!(
            "replay {id}: {status}, {replayed} replayed, {refused} refused, {completed} completed, \
             {dead} dead again"
        )
    };
    let is_over = |replay: &Value| {
        Status::from_name(&of(replay, "status")).is_some_and(Status::is_final)
            && of(replay, "unfinished") == "0"
    };
    let replay = wait.until(api, &id_path("dlq/replays/", id, ""), told, is_over).await?;
    output.record(&replay, FIELDS)?;
    let status = of(&replay, "status");
    if status != Status::Completed.as_str() || of(&replay, "deadAgain") != "0" {
        anyhow::bail!("replay {id} is {status}; {} died again", of(&replay, "deadAgain"));
    }
    Ok(())
}
