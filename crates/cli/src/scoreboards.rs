//! Boards of tournaments: what the daily checks have found, making them anew, and closing
//! a season.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Api, Noun, Request};
use crate::jobs::say_more;
use crate::output::{Columns, Output, cell};
use crate::{runs, wait};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// What the newest check of each tournament has found.
    Drift {
        /// Only tournaments with differences.
        #[arg(long)]
        found: bool,
        /// Most tournaments.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Begin where an earlier list ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Make a tournament's boards anew of its ledger; nobody sees a wrong one meanwhile.
    Rebuild {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        wait: wait::Args,
    },
    /// Close a tournament: its board stays as it is, with its digest.
    Close {
        #[command(flatten)]
        of: Of,
    },
}

/// Which tournament, and why something is done to it.
#[derive(clap::Args)]
pub(crate) struct Of {
    /// Whose tournament.
    #[arg(long)]
    organization: String,
    /// Its id.
    #[arg(long)]
    tournament: Uuid,
    /// Why, for the audit.
    #[arg(long)]
    reason: Option<String>,
}

impl Of {
    fn request(&self, verb: &str) -> Request {
        let body = json!({"organizationId": self.organization, "reason": self.reason});
        let path = format!("/api/v2/admin/scoreboards/{}/{verb}", self.tournament);
        Request::post(path, body)
    }
}

const DRIFT: Columns = &[
    ("ORGANIZATION", "/organizationId"),
    ("TOURNAMENT", "/tournamentId"),
    ("NAME", "/name"),
    ("CHECKED", "/checkedAt"),
    ("ENTRIES", "/ledgerSeq"),
    ("FOUND", "/found"),
    ("FIRST", "/differences/0/message"),
];

const QUEUED: Columns =
    &[("tournament", "/tournamentId"), ("run", "/executionId"), ("", "/message")];

const CLOSED: Columns = &[
    ("tournament", "/tournamentId"),
    ("closed", "/closedAt"),
    ("digest", "/digest"),
    ("entries", "/ledgerSeq"),
];

pub(crate) async fn run(noun: Noun<Command>, output: Output) -> anyhow::Result<()> {
    let api = noun.api.api()?;
    match noun.verb {
        Command::Drift { found, limit, cursor } => {
            let request = Request::get("/api/v2/admin/scoreboards/drift")
                .with("found", found.then_some("true"))
                .with("cursor", cursor);
            let answer = api.list(request, limit).await?;
            output.list(&answer, "items", DRIFT)?;
            say_more(&answer);
            Ok(())
        }
        Command::Rebuild { of, wait } => rebuild(&api, &of, &wait, output).await,
        Command::Close { of } => output.record(&api.call(of.request("close")).await?, CLOSED),
    }
}

async fn rebuild(api: &Api, of: &Of, wait: &wait::Args, output: Output) -> anyhow::Result<()> {
    let answer = api.call(of.request("rebuild")).await?;
    let run = answer.get("executionId").and_then(Value::as_str);
    match run.and_then(|id| id.parse::<Uuid>().ok()) {
        Some(run) if wait.wait => {
            eprintln!("{}", cell(answer.get("message")));
            runs::wait_for(api, run, wait, output).await
        }
        _ => output.record(&answer, QUEUED),
    }
}
